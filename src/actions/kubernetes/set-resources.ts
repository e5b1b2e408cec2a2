import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { Json } from '../../value/json.ts';
import { canonicalQuantity, parseQuantity } from '../../value/quantity.ts';
import { defineAction } from '../action.ts';
import { ContainerName, containerOf, pathInContainer, type Container } from './container.ts';
import { isObject, pathText, textOf } from './field/path.ts';
import {
  applyTemplate,
  planTemplate,
  rolloutSettled,
  templatePermissions,
  type TemplateField,
  type TemplateIntent,
} from './template-change.ts';
import { describeWorkload } from './workload.ts';
import { declaredTarget, namesOne, workloadShape } from './workload-params.ts';

const resourceNames = ['cpu', 'memory', 'ephemeral-storage'] as const;

const Amount = z
  .string()
  .max(40)
  .refine((text) => (parseQuantity(text)?.nano ?? -1n) >= 0n, 'must be a quantity, such as 500m, 2 or 4Gi')
  .nullable()
  .optional();

const Amounts = z.strictObject({ 'cpu': Amount, 'memory': Amount, 'ephemeral-storage': Amount }).optional();

const Params = z
  .strictObject({
    ...workloadShape,
    container: ContainerName,
    limits: Amounts.describe('What the container may use at most; null takes a limit away.'),
    requests: Amounts.describe('What is reserved for the container; null takes a request away.'),
    zero: z
      .boolean()
      .optional()
      .describe('Whether amounts may be 0, which bounds and reserves nothing: for taking back a change of such an amount.'),
  })
  .refine(...namesOne)
  .refine(
    ({ limits, requests }) => [limits, requests].some((amounts) => Object.values(amounts ?? {}).some((amount) => amount !== undefined)),
    'must set at least one of limits and requests',
  )
  .refine(
    ({ limits, requests, zero }) => zero === true || ![limits, requests].some((amounts) => Object.values(amounts ?? {}).some(isZero)),
    'must be quantities above 0, such as 500m, 2 or 4Gi, unless `zero: true`',
  );

function isZero(amount: Json | undefined): boolean {
  return typeof amount === 'string' && parseQuantity(amount)?.nano === 0n;
}

export const setResources = defineAction<z.infer<typeof Params>, TemplateIntent>({
  name: 'kubernetes.setResources',
  summary: 'Set limits and requests of a container and roll them out.',
  effect: 'converge',
  output: '`{ generation }`',
  params: Params,
  target: declaredTarget,
  permissions: templatePermissions,
  plan: (params, context) =>
    planTemplate(params, context, (object, workload) => {
      const container = containerOf(object, params.container, describeWorkload(workload));
      const fields = (['limits', 'requests'] as const).flatMap((part) =>
        resourceNames.flatMap((resource) => {
          const wanted = params[part]?.[resource];
          return wanted === undefined ? [] : [fieldOf(container, { part, resource, wanted })];
        }),
      );
      checkBounds(container, { fields, what: describeWorkload(workload) });
      const changed = fields.filter(({ from, to }) => from !== to);
      const before = (part: string) =>
        Object.fromEntries(changed.filter((field) => field.part === part).map(({ resource, from }) => [resource, from]));
      const parts = [...new Set(changed.map(({ part }) => part))];
      const inverse = {
        action: 'kubernetes.setResources',
        with: {
          ...workload,
          container: container.name,
          ...Object.fromEntries(parts.map((part) => [part, before(part)])),
          ...(changed.some(({ from }) => isZero(from)) ? { zero: true } : {}),
        },
      };
      return Promise.resolve({ fields, inverse });
    }),
  async apply(intent, context) {
    const what = intent.fields.map(({ path, to }) => `${pathText(path.slice(-2))} ${textOf(to)}`);
    return { generation: await applyTemplate(intent, context, { reason: 'ResourcesSet', what: what.join(', ') }) };
  },
  settled: rolloutSettled,
});

type AmountField = TemplateField & { readonly part: 'limits' | 'requests'; readonly resource: string };

function amountIn(container: Container, part: string, resource: string): Json {
  const resources = container['resources'];
  const amounts = isObject(resources) ? resources[part] : undefined;
  return isObject(amounts) ? (amounts[resource] ?? null) : null;
}

/** The API stores quantities in their canonical form (test/fixtures/kubernetes, fact 11): `2000m` is `2`. */
function fieldOf(
  container: Container,
  { part, resource, wanted }: { part: 'limits' | 'requests'; resource: string; wanted: string | null },
): AmountField {
  const path = pathInContainer(container.name, 'resources', part, resource);
  const what = `container ${container.name} ${part} ${resource}`;
  const to = wanted === null ? null : (canonicalQuantity(wanted) ?? wanted);
  return { part, resource, path, what, from: amountIn(container, part, resource), to };
}

/** A request above its limit is refused by the API; said here in the words of the plan. */
function checkBounds(container: Container, { fields, what }: { fields: readonly AmountField[]; what: string }): void {
  for (const resource of resourceNames) {
    const amount = (part: 'limits' | 'requests') => {
      const field = fields.find((each) => each.part === part && each.resource === resource);
      return field === undefined ? amountIn(container, part, resource) : field.to;
    };
    const [limit, request] = [amount('limits'), amount('requests')];
    if (typeof limit !== 'string' || typeof request !== 'string') continue;
    if ((parseQuantity(request)?.nano ?? 0n) > (parseQuantity(limit)?.nano ?? 0n))
      throw new FixpointError(
        'params.invalid',
        `${what}: the ${resource} request ${request} of container ${container.name} would be above its limit ${limit}`,
      );
  }
}
