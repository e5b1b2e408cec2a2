import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import type { Plan } from '../../run/plan.ts';
import type { Json, JsonObject } from '../../value/json.ts';
import { looksSecret } from '../../value/redact.ts';
import { secretNamesIn } from '../../value/secret-marker.ts';
import { defineAction } from '../action.ts';
import { applyFields, type FieldsIntent } from './field/apply-fields.ts';
import { fieldsOfPatch } from './field/patch-forms.ts';
import { pathText, textOf } from './field/path.ts';
import { ClusterName, Namespace, ObjectName } from './names.ts';
import { otherOwners } from './other-owners.ts';
import { isDeclared, patchable, type Patchable, type PatchableKind } from './patch-fields.ts';
import { rolloutSettled } from './template-change.ts';
import { tracePermission } from './traced.ts';
import { describeObject, obstacleToRollout, type WorkloadKind } from './workload.ts';
import { holdsCredential } from './without-credentials.ts';

const Key = z
  .string()
  .regex(/^[-._a-zA-Z0-9]{1,253}$/, 'must be a key of a ConfigMap (letters, digits, -, _ and .)')
  .refine((key) => key !== '.' && !key.startsWith('..'), 'must not be . or start with ..');

const secretRefusal = 'must not hold a secret: everybody who reads the object reads it';

const credentialRefusal = 'must not hold what looks like a credential: it would be shown in plans; keep it in a Secret';

/** Characters of a patch as JSON. */
const longestPatch = 262_144;

/** For the documentation: what may be patched of each kind. */
const declaredFields = Object.entries(patchable)
  .map(([kind, { fields }]) => `${kind}: ${fields.map((field) => `\`${field}\``).join(', ')}`)
  .join('; ');

const AnyPatch = z
  .json()
  .refine((patch) => JSON.stringify(patch).length <= longestPatch, `must have at most ${longestPatch} characters`)
  .refine((patch) => secretNamesIn(JSON.stringify(patch)).length === 0, secretRefusal)
  .refine((patch) => !holdsCredential(patch), credentialRefusal);

const Params = z
  .strictObject({
    cluster: ClusterName,
    kind: z
      .enum(Object.keys(patchable) as [PatchableKind, ...PatchableKind[]])
      .default('ConfigMap')
      .describe('What is patched.'),
    namespace: Namespace,
    name: ObjectName,
    data: z
      .record(
        Key,
        z
          .string()
          .max(65_536)
          .refine((text) => secretNamesIn(text).length === 0, secretRefusal)
          .refine((text) => !holdsCredential(text), credentialRefusal)
          .nullable(),
      )
      .refine((data) => Object.keys(data).length > 0, 'must name at least one key')
      .refine((data) => Object.keys(data).length <= 100, 'must name at most 100 keys')
      .optional()
      .describe('For a ConfigMap: keys and the texts they get, null takes one away; other keys stay as they are. Secrets are refused.'),
    type: z.enum(['merge', 'strategic', 'json', 'set']).default('merge').describe('How `patch` is written.'),
    patch: AnyPatch.optional().describe(
      'A merge or strategic merge patch as an object, a JSON patch (`json`) as a list of `test`, `add`, `replace` and `remove`, or (`set`) a list of { path: [keys], value }. Only these fields may be changed: ' +
        declaredFields,
    ),
  })
  .refine(({ data, patch }) => (data === undefined) !== (patch === undefined), 'must have exactly one of data and patch')
  .refine(({ data, kind }) => data === undefined || kind === 'ConfigMap', 'must have patch instead of data: only a ConfigMap has data');

type Intent = FieldsIntent & { readonly workload?: { cluster: string; kind: WorkloadKind; namespace: string; name: string } };

export const patch = defineAction<z.infer<typeof Params>, Intent>({
  name: 'kubernetes.patch',
  summary:
    'Change declared fields of an object: keys of a ConfigMap, bounds of an autoscaler, the selector of a Service, weights of a VirtualService and more.',
  effect: 'converge',
  output: '`{ fields: [path] }`, and `generation` where it is rolled out',
  params: Params,
  target: ({ cluster, namespace, kind, name }) => {
    const [group] = groupOf(kind);
    return { technology: 'kubernetes', cluster, namespace, kind: `${kind.toLowerCase()}${group === undefined ? '' : `.${group}`}`, name };
  },
  permissions: ({ cluster, namespace, kind, name }) => [
    { cluster, namespace, apiGroup: groupOf(kind)[0] ?? '', resource: patchable[kind].plural, verbs: ['get', 'patch'], name },
    tracePermission({ cluster, namespace }),
  ],
  async plan({ cluster, kind, namespace, name, data, type, patch: written }, { kubernetes, signal }) {
    const declared: Patchable = patchable[kind];
    const ref = { cluster, apiVersion: declared.apiVersion, kind, namespace, name };
    const object = await kubernetes.get(ref, signal);
    const what = describeObject(ref);
    if (object['immutable'] === true) throw new FixpointError('kubernetes.invalid', `${what} is immutable`);
    const body: Json = data === undefined ? (written as Json) : { data };
    const { fields, guards, named } = fieldsOfPatch(object, { type, body, mergeKeys: declared.mergeKeys ?? {}, what });
    const foreign = named.find((path) => !isDeclared(path, declared.fields));
    if (foreign !== undefined)
      throw new FixpointError(
        'params.invalid',
        `${what}: ${pathText(foreign)} is no field that kubernetes.patch may change; those of a ${kind} are ${declared.fields.join(', ')}`,
      );
    const secret = named.find((path) => path.some((segment) => looksSecret(typeof segment === 'string' ? segment : segment.is)));
    if (secret !== undefined)
      throw new FixpointError(
        'params.invalid',
        `${what}: ${pathText(secret)} looks like a credential: its values would be shown in plans; keep it in a Secret`,
      );
    const shownNow = fields.find(({ from }) => holdsCredential(from));
    if (shownNow !== undefined)
      throw new FixpointError(
        'target.ambiguous',
        `${what}: ${pathText(shownNow.path)} holds what looks like a credential, which would be shown in plans; keep it in a Secret`,
      );
    const isTemplate = fields.some(({ path }) => path[0] === 'spec' && path[1] === 'template');
    const obstacle = isTemplate ? obstacleToRollout(object) : undefined;
    if (obstacle !== undefined) throw new FixpointError('target.ambiguous', `${what} ${obstacle}`);
    const workload = declared.rollsOut === true ? { workload: { cluster, kind: kind as WorkloadKind, namespace, name } } : {};
    const intent: Intent = { object: ref, uid: object.metadata.uid, fields, ...(guards.length === 0 ? {} : { guards }), ...workload };
    return planOf(object, intent);
  },
  async apply(intent, context) {
    const fields = intent.fields.map(({ path }) => pathText(path));
    const live = await applyFields(intent, context, { reason: 'Patched', what: fields.join(', ') });
    return { fields, ...(intent.workload === undefined ? {} : { generation: live.metadata.generation ?? 0 }) };
  },
  async settled({ workload, uid, fields }, context) {
    // What we have paused waits for a person.
    const isPaused = fields.some(({ path, to }) => pathText(path) === 'spec.paused' && to === true);
    return workload === undefined || isPaused ? { settled: true } : await rolloutSettled({ workload, uid }, context);
  },
});

function groupOf(kind: PatchableKind): readonly string[] {
  const { apiVersion } = patchable[kind];
  return apiVersion.includes('/') ? apiVersion.split('/') : [];
}

function planOf(object: KubernetesObject, intent: Intent): Plan & { readonly intent: Intent } {
  const { fields } = intent;
  const changes = fields.map(({ path, from, to }) => ({ what: pathText(path), from, to }));
  if (fields.length === 0) return { intent, changes };
  const owners = otherOwners(
    object,
    fields.map(({ path }) => path),
  );
  return {
    intent,
    changes,
    ...(owners.length === 0 ? {} : { notes: owners }),
    inverse: { action: 'kubernetes.patch', with: inverseOf(intent) },
  };
}

/** In the form that can also take away what was added, and find elements of lists wherever they are. */
function inverseOf({ object, fields }: Intent): JsonObject {
  const { cluster, kind, namespace, name } = object;
  const isData = kind === 'ConfigMap' && fields.every(({ path }) => path.length === 2);
  const before: JsonObject = isData
    ? { data: Object.fromEntries(fields.map(({ path, from }) => [textOf(path[1]), from])) }
    : { type: 'set', patch: fields.map(({ path, from }) => ({ path, value: from })) };
  return { cluster, kind, namespace, name, ...before };
}
