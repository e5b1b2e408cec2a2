import type { KubernetesObject } from './object.ts';
import { listAt, textAt, textsAt } from './plain.ts';
import { canonicalQuantity, parseQuantity } from '../../value/quantity.ts';
import { resourceOfKind, resources } from './resource.ts';
import type { Store } from './store.ts';

const one = 1_000_000_000n;

/** Why a new object does not fit into the quotas of its namespace, in the words of the API server; undefined where it does. */
export function quotaRefusal(store: Store, object: KubernetesObject): string | undefined {
  for (const quota of store.list('ResourceQuota', object.metadata.namespace ?? '')) {
    const used = usageIn(store, quota);
    const over = Object.entries(textsAt(quota, 'spec', 'hard')).flatMap(([resource, hard]) => {
      const requested = usageOf(object, resource);
      const isOver = requested > 0n && (used.get(resource) ?? 0n) + requested > (parseQuantity(hard)?.nano ?? 0n);
      return isOver ? [{ resource, requested: amount(requested, hard), used: amount(used.get(resource) ?? 0n, hard), hard }] : [];
    });
    if (over.length === 0) continue;
    const list = (value: 'requested' | 'used' | 'hard'): string => over.map((each) => `${each.resource}=${each[value]}`).join(',');
    return `exceeded quota: ${quota.metadata.name}, requested: ${list('requested')}, used: ${list('used')}, limited: ${list('hard')}`;
  }
  return undefined;
}

/** A quota's status: what may be used, and what is. */
export function quotaStatus(store: Store, quota: KubernetesObject): { readonly hard: object; readonly used: object } {
  const hard = textsAt(quota, 'spec', 'hard');
  const used = usageIn(store, quota);
  return {
    hard,
    used: Object.fromEntries(Object.keys(hard).map((resource) => [resource, amount(used.get(resource) ?? 0n, hard[resource])])),
  };
}

function usageIn(store: Store, quota: KubernetesObject): ReadonlyMap<string, bigint> {
  const wanted = Object.keys(textsAt(quota, 'spec', 'hard'));
  const objects = resources.flatMap(({ kind }) => store.list(kind, quota.metadata.namespace ?? ''));
  return new Map(wanted.map((resource) => [resource, objects.reduce((sum, object) => sum + usageOf(object, resource), 0n)]));
}

/** What one object uses of a resource that quotas name, in billionths; of pods that have ended nothing. */
function usageOf(object: KubernetesObject, resource: string): bigint {
  if (resource.startsWith('count/')) {
    const { plural, group } = resourceOfKind(object.kind);
    return resource === `count/${plural}${group === '' ? '' : `.${group}`}` ? one : 0n;
  }
  if (object.kind !== 'Pod' || ['Succeeded', 'Failed'].includes(textAt(object, 'status', 'phase'))) return 0n;
  if (resource === 'pods') return one;
  const [side = '', name = ''] = resource.includes('.') ? resource.split('.') : ['requests', resource];
  return listAt(object, 'spec', 'containers').reduce(
    (sum, container) => sum + (parseQuantity(textAt(container, 'resources', side, name))?.nano ?? 0n),
    0n,
  );
}

/** Written as the limit is. */
function amount(nano: bigint, like = '1'): string {
  const text = nano % one === 0n ? `${nano / one}` : `${nano}n`;
  return parseQuantity(like)?.form === 'binary' && nano % (1024n * one) === 0n && nano > 0n
    ? (canonicalQuantity(`${nano / one / 1024n}Ki`) ?? text)
    : (canonicalQuantity(text) ?? text);
}
