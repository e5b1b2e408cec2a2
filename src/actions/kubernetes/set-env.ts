import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { Json } from '../../value/json.ts';
import { looksSecret } from '../../value/redact.ts';
import { secretNamesIn } from '../../value/secret-marker.ts';
import { defineAction } from '../action.ts';
import { ContainerName, containerOf, pathInContainer, type Container } from './container.ts';
import {
  applyTemplate,
  planTemplate,
  rolloutSettled,
  templatePermissions,
  type TemplateField,
  type TemplateIntent,
} from './template-change.ts';
import { describeWorkload } from './workload.ts';
import { holdsCredential } from './without-credentials.ts';
import { declaredTarget, namesOne, workloadShape } from './workload-params.ts';

const Name = z
  .string()
  .regex(/^[-._a-zA-Z][-._a-zA-Z0-9]{0,252}$/, 'must be the name of an environment variable')
  .refine((name) => !looksSecret(name), 'looks like a credential: it would be shown in plans and in the object; keep it in a Secret');

const Params = z
  .strictObject({
    ...workloadShape,
    container: ContainerName,
    env: z
      .record(
        Name,
        z
          .string()
          .max(8192)
          .refine((text) => secretNamesIn(text).length === 0, 'must not hold a secret: everybody who reads the object reads it')
          .refine(
            (text) => !holdsCredential(text),
            'must not hold what looks like a credential: it would be shown in plans; keep it in a Secret',
          )
          .nullable(),
      )
      .refine((env) => Object.keys(env).length > 0, 'must name at least one variable')
      .refine((env) => Object.keys(env).length <= 50, 'must name at most 50 variables')
      .describe(
        'Variables and their texts; null takes one away. Others stay as they are; those that come from a Secret, ConfigMap or field are refused.',
      ),
  })
  .refine(...namesOne);

export const setEnv = defineAction<z.infer<typeof Params>, TemplateIntent>({
  name: 'kubernetes.setEnv',
  summary: 'Set plain environment variables of a container and roll them out.',
  effect: 'converge',
  output: '`{ variables: [name], generation }`',
  params: Params,
  target: declaredTarget,
  permissions: templatePermissions,
  plan: (params, context) =>
    planTemplate(params, context, (object, workload) => {
      const container = containerOf(object, params.container, describeWorkload(workload));
      const fields = Object.entries(params.env).map(([name, text]) => fieldOf(container, { name, text, what: describeWorkload(workload) }));
      const before = Object.fromEntries(fields.filter(({ from, to }) => from !== to).map(({ name, from }) => [name, from]));
      const inverse = { action: 'kubernetes.setEnv', with: { ...workload, container: container.name, env: before } };
      return Promise.resolve({ fields: fields.map(asElement), inverse });
    }),
  async apply(intent, context) {
    const variables = intent.fields.map(({ path }) => path.at(-1)).flatMap((last) => (typeof last === 'object' ? [last.is] : []));
    const generation = await applyTemplate(intent, context, { reason: 'EnvironmentSet', what: `environment ${variables.join(', ')}` });
    return { variables, generation };
  },
  settled: rolloutSettled,
});

interface Variable {
  readonly container: string;
  readonly name: string;
  /** Null: the container does not have it. */
  readonly from: string | null;
  readonly to: string | null;
}

function fieldOf(container: Container, { name, text, what }: { name: string; text: string | null; what: string }): Variable {
  const entries = (container['env'] ?? []) as readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  const entry = entries.find((each) => each.name === name);
  if (entry?.valueFrom !== undefined)
    throw new FixpointError('target.ambiguous', `${what}: ${name} is not a plain variable, it comes from elsewhere`);
  const from = entry === undefined ? null : (entry.value ?? '');
  if (from !== text && holdsCredential(from))
    throw new FixpointError(
      'target.ambiguous',
      `${what}: ${name} holds what looks like a credential, which would be shown in plans; keep it in a Secret`,
    );
  return { container: container.name, name, from, to: text };
}

/** The API leaves out an empty `value`. */
function asElement({ container, name, from, to }: Variable): TemplateField & { readonly name: string } {
  const element = (text: string | null): Json => (text === null ? null : text === '' ? { name } : { name, value: text });
  const path = pathInContainer(container, 'env', { by: 'name', is: name });
  return { path, name, what: `container ${container} env ${name}`, from: element(from), to: element(to), shown: { from, to } };
}
