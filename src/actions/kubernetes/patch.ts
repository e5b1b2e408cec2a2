import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { KubernetesObject, ObjectRef } from '../../ports/kubernetes.ts';
import { defineAction } from '../action.ts';
import { ClusterName, Namespace, ObjectName } from './names.ts';
import { requireSame } from './workload.ts';

const Key = z.string().regex(/^[-._a-zA-Z0-9]{1,253}$/, 'must be a key of a ConfigMap (letters, digits, -, _ and .)');

const Params = z.strictObject({
  cluster: ClusterName,
  kind: z.enum(['ConfigMap']).default('ConfigMap'),
  namespace: Namespace,
  name: ObjectName,
  /** Keys and the texts they get; other keys stay as they are. */
  data: z.record(Key, z.string().max(65_536)).refine((data) => Object.keys(data).length > 0, 'must name at least one key'),
});

type Intent = {
  readonly place: { cluster: string; namespace: string; name: string };
  readonly uid: string;
  readonly hasData: boolean;
  readonly entries: readonly { readonly key: string; readonly from: string | null; readonly to: string }[];
};

/** Named keys of a ConfigMap, each with a test of the text it was planned from. */
export const patch = defineAction<z.infer<typeof Params>, Intent>({
  name: 'kubernetes.patch',
  summary: 'Set keys of a ConfigMap.',
  effect: 'converge',
  params: Params,
  target: ({ cluster, namespace, name }) => ({ technology: 'kubernetes', cluster, namespace, kind: 'configmap', name }),
  permissions: ({ cluster, namespace, name }) => [{ cluster, namespace, apiGroup: '', resource: 'configmaps', verbs: ['get', 'patch'], name }],
  async plan({ cluster, namespace, name, data }, { kubernetes, signal }) {
    const place = { cluster, namespace, name };
    const object = await kubernetes.get(configMapRef(place), signal);
    if (object['immutable'] === true) throw new FixpointError('kubernetes.invalid', `ConfigMap ${namespace}/${name} is immutable`);
    const before = dataOf(object);
    const entries = Object.entries(data)
      .map(([key, to]) => ({ key, from: before?.[key] ?? null, to }))
      .filter(({ from, to }) => from !== to);
    const changes = entries.map(({ key, from, to }) => ({ what: `data.${key}`, from, to }));
    const intent: Intent = { place, uid: object.metadata.uid, hasData: before !== undefined, entries };
    const restorable = Object.fromEntries(entries.flatMap(({ key, from }) => (from === null ? [] : [[key, from]])));
    if (entries.length === 0 || Object.keys(restorable).length < entries.length) return { intent, changes };
    return { intent, changes, inverse: { action: 'kubernetes.patch', with: { ...place, kind: 'ConfigMap', data: restorable } } };
  },
  async apply({ place, uid, hasData, entries }, { kubernetes, write, signal }) {
    const ref = configMapRef(place);
    const what = `ConfigMap ${place.namespace}/${place.name}`;
    const live = await kubernetes.get(ref, signal);
    requireSame(live, uid, what);
    const now = dataOf(live);
    const open = entries.filter(({ key, to }) => now?.[key] !== to);
    const foreign = open.find(({ key, from }) => (now?.[key] ?? null) !== from);
    if (foreign !== undefined) throw new FixpointError('target.changed', `${what}: ${foreign.key} was changed by someone else since it was planned`);
    if (open.length > 0) {
      const path = (key: string) => `/data/${key}`;
      const body = [
        { op: 'test', path: '/metadata/uid', value: uid },
        ...(hasData ? open.map(({ key, from }) => ({ op: 'test', path: path(key), value: from })) : [{ op: 'add', path: '/data', value: {} }]),
        ...open.map(({ key, to }) => ({ op: 'add', path: path(key), value: to })),
      ];
      await write.kubernetes.patch({ ref, type: 'json', body }, signal);
    }
    return { keys: entries.map(({ key }) => key) };
  },
});

function configMapRef({ cluster, namespace, name }: { cluster: string; namespace: string; name: string }): ObjectRef {
  return { cluster, apiVersion: 'v1', kind: 'ConfigMap', namespace, name };
}

function dataOf(object: KubernetesObject): Readonly<Record<string, string>> | undefined {
  return object['data'] as Readonly<Record<string, string>> | undefined;
}
