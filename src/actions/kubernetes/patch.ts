import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { KubernetesObject, ObjectRef } from '../../ports/kubernetes.ts';
import { secretNamesIn } from '../../value/secret-marker.ts';
import { defineAction } from '../action.ts';
import { ClusterName, Namespace, ObjectName } from './names.ts';
import { patchIfSame } from './patch-if-same.ts';
import { traced, tracePermission } from './traced.ts';
import { requireSame } from './workload.ts';

const Key = z
  .string()
  .regex(/^[-._a-zA-Z0-9]{1,253}$/, 'must be a key of a ConfigMap (letters, digits, -, _ and .)')
  .refine((key) => key !== '.' && !key.startsWith('..'), 'must not be . or start with ..');

const Params = z.strictObject({
  cluster: ClusterName,
  kind: z.enum(['ConfigMap']).default('ConfigMap').describe('What is patched.'),
  namespace: Namespace,
  name: ObjectName,
  data: z
    .record(
      Key,
      z
        .string()
        .max(65_536)
        .refine(
          (text) => secretNamesIn(text).length === 0,
          'must not hold a secret: everybody who reads the namespace reads its ConfigMaps',
        ),
    )
    .refine((data) => Object.keys(data).length > 0, 'must name at least one key')
    .refine((data) => Object.keys(data).length <= 100, 'must name at most 100 keys')
    .describe('Keys and the texts they get; other keys stay as they are. Secrets are refused.'),
});

type Intent = {
  readonly place: { cluster: string; namespace: string; name: string };
  readonly uid: string;
  readonly entries: readonly { readonly key: string; readonly from: string | null; readonly to: string }[];
};

/** Named keys of a ConfigMap, each with a test of the text it was planned from. */
export const patch = defineAction<z.infer<typeof Params>, Intent>({
  name: 'kubernetes.patch',
  summary: 'Set keys of a ConfigMap.',
  effect: 'converge',
  params: Params,
  target: ({ cluster, namespace, name }) => ({ technology: 'kubernetes', cluster, namespace, kind: 'configmap', name }),
  permissions: ({ cluster, namespace, name }) => [
    { cluster, namespace, apiGroup: '', resource: 'configmaps', verbs: ['get', 'patch'], name },
    tracePermission({ cluster, namespace }),
  ],
  async plan({ cluster, namespace, name, data }, { kubernetes, signal }) {
    const place = { cluster, namespace, name };
    const object = await kubernetes.get(configMapRef(place), signal);
    if (object['immutable'] === true) throw new FixpointError('kubernetes.invalid', `ConfigMap ${namespace}/${name} is immutable`);
    const before = dataOf(object);
    const entries = Object.entries(data)
      .map(([key, to]) => ({ key, from: textAt(before, key), to }))
      .filter(({ from, to }) => from !== to);
    const changes = entries.map(({ key, from, to }) => ({ what: `data.${key}`, from, to }));
    const intent: Intent = { place, uid: object.metadata.uid, entries };
    const restorable = Object.fromEntries(entries.flatMap(({ key, from }) => (from === null ? [] : [[key, from]])));
    if (entries.length === 0 || Object.keys(restorable).length < entries.length) return { intent, changes };
    return { intent, changes, inverse: { action: 'kubernetes.patch', with: { ...place, kind: 'ConfigMap', data: restorable } } };
  },
  async apply({ place, uid, entries }, context) {
    const { kubernetes, write, signal } = context;
    const ref = configMapRef(place);
    const what = `ConfigMap ${place.namespace}/${place.name}`;
    let open = entries;
    let hasData = false;
    const look = async () => {
      const live = await kubernetes.get(ref, signal);
      requireSame(live, uid, what);
      const now = dataOf(live);
      open = entries.filter(({ key, to }) => textAt(now, key) !== to);
      hasData = now !== undefined;
      const foreign = open.find(({ key, from }) => textAt(now, key) !== from);
      if (foreign !== undefined)
        throw new FixpointError('target.changed', `${what}: ${foreign.key} was changed by someone else since it was planned`);
      return { done: open.length === 0, live };
    };
    const send = () => {
      const preconditions = hasData
        ? open.map(({ key, from }) => ({ op: 'test', path: `/data/${key}`, value: from }))
        : [
            { op: 'test', path: '/data', value: null },
            { op: 'add', path: '/data', value: {} },
          ];
      const body = [
        { op: 'test', path: '/metadata/uid', value: uid },
        ...preconditions,
        ...open.map(({ key, to }) => ({ op: 'add', path: `/data/${key}`, value: to })),
      ];
      const changed = { ref, uid, reason: 'Patched', what: `data ${open.map(({ key }) => key).join(', ')}` };
      return traced(changed, context, () => write.kubernetes.patch({ ref, type: 'json', body }, signal));
    };
    await patchIfSame(send, look);
    return { keys: entries.map(({ key }) => key) };
  },
});

function configMapRef({ cluster, namespace, name }: { cluster: string; namespace: string; name: string }): ObjectRef {
  return { cluster, apiVersion: 'v1', kind: 'ConfigMap', namespace, name };
}

/** The text of a key, null where there is none; names such as `constructor` are keys like any other. */
function textAt(data: Readonly<Record<string, string>> | undefined, key: string): string | null {
  return data !== undefined && Object.hasOwn(data, key) ? (data[key] ?? null) : null;
}

function dataOf(object: KubernetesObject): Readonly<Record<string, string>> | undefined {
  return object['data'] as Readonly<Record<string, string>> | undefined;
}
