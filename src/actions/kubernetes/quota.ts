import { FixpointError, type ErrorCode } from '../../errors.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import type { JsonObject } from '../../value/json.ts';
import { parseQuantity } from '../../value/quantity.ts';
import type { ReadContext } from '../action.ts';
import { containersIn, type Container } from './container.ts';
import type { Workload } from './workload.ts';

/** The quotas of a namespace; where they cannot be read, why: they only give notes. */
export async function quotasIn(
  { cluster, namespace }: Pick<Workload, 'cluster' | 'namespace'>,
  { kubernetes, signal }: Pick<ReadContext, 'kubernetes' | 'signal'>,
): Promise<readonly KubernetesObject[] | ErrorCode> {
  try {
    return await kubernetes.list({ cluster, apiVersion: 'v1', kind: 'ResourceQuota', namespace }, signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof FixpointError)) throw error;
    return error.code;
  }
}

/**
 * Which quotas leave too little room for `more` pods. The API takes such a count all the same, and the pods never come
 * (test/fixtures/kubernetes, fact 27); so it is named in the plan. Quotas with scopes may not concern these pods and are left out.
 */
export function quotaNotes(quotas: readonly KubernetesObject[] | ErrorCode, object: KubernetesObject, more: number): readonly string[] {
  if (typeof quotas === 'string') return [`whether a ResourceQuota leaves room could not be read (${quotas})`];
  const containers = containersIn((object['spec'] as { template?: JsonObject }).template);
  return quotas
    .filter((quota) => !hasScopes(quota))
    .flatMap((quota) => {
      const { hard = {}, used = {} } = (quota['status'] ?? {}) as { hard?: Amounts; used?: Amounts };
      return Object.entries(hard).flatMap(([resource, limit]) => {
        const need = needOf(containers, resource);
        const left = nano(limit) - nano(used[resource] ?? '0');
        if (need === 0n || need * BigInt(more) <= left) return [];
        const room = left <= 0n ? 0n : left / need;
        return [`ResourceQuota ${quota.metadata.name} leaves room for ${room} more pods by ${resource}, not for ${more}`];
      });
    });
}

type Amounts = Readonly<Record<string, string>>;

function hasScopes(quota: KubernetesObject): boolean {
  const spec = (quota['spec'] ?? {}) as { scopes?: unknown; scopeSelector?: unknown };
  return spec.scopes !== undefined || spec.scopeSelector !== undefined;
}

/** What one pod takes of a quota's resource, in billionths. */
function needOf(containers: readonly Container[], resource: string): bigint {
  if (resource === 'pods' || resource === 'count/pods') return 1_000_000_000n;
  const [, part = 'requests', name = ''] = /^(?:(requests|limits)\.)?(cpu|memory|ephemeral-storage)$/.exec(resource) ?? [];
  if (name === '') return 0n;
  const resources = (container: Container) => container['resources'] as Readonly<Record<string, Amounts | undefined>> | undefined;
  return containers.reduce((sum, container) => sum + nano(resources(container)?.[part]?.[name] ?? '0'), 0n);
}

function nano(quantity: string): bigint {
  return parseQuantity(quantity)?.nano ?? 0n;
}
