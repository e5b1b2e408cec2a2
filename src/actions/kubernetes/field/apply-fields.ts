import { FixpointError } from '../../../errors.ts';
import type { KubernetesObject, ObjectRef } from '../../../ports/kubernetes.ts';
import type { WriteContext } from '../../action.ts';
import { patchIfSame } from '../patch-if-same.ts';
import { traced } from '../traced.ts';
import { describeObject, requireSame } from '../workload.ts';
import { isSame, jsonPatchOf, type Field, type Guard } from './json-patch.ts';
import { pathText, valueAt } from './path.ts';

/** Fields of one object, each as it was planned from and as it is to be. */
export type FieldsIntent = {
  readonly object: { cluster: string; apiVersion: string; kind: string; namespace: string; name: string };
  readonly uid: string;
  readonly fields: readonly Field[];
  readonly guards?: readonly Guard[];
};

interface Applying {
  /** One word in upper camel case for the Event: `Patched`. */
  readonly reason: string;
  readonly what: string;
  /** Why the change would be stored and have no effect, where that has come about since it was planned. */
  readonly obstacle?: (live: KubernetesObject) => string | undefined;
}

/**
 * Brings the fields to `to`, with tests of uid and of all that they were planned from: a field that is at `to` is done, and one that is
 * neither there nor at `from` was changed by someone else and is left alone. Answers with the object as it is then.
 */
export async function applyFields(intent: FieldsIntent, context: WriteContext, applying: Applying): Promise<KubernetesObject> {
  const { uid, fields } = intent;
  const ref: ObjectRef = intent.object;
  const { kubernetes, write, signal } = context;
  let live: KubernetesObject;
  let open = fields;
  const look = async () => {
    live = await kubernetes.get(ref, signal);
    open = openFields(live, intent);
    const obstacle = open.length === 0 ? undefined : applying.obstacle?.(live);
    if (obstacle !== undefined) throw new FixpointError('target.changed', `${describeObject(ref)} ${obstacle}`);
    return { done: open.length === 0, live };
  };
  const send = () => {
    const body = [{ op: 'test', path: '/metadata/uid', value: uid }, ...jsonPatchOf(live, open, intent.guards)];
    const changed = { ref, uid, reason: applying.reason, what: applying.what };
    return traced(changed, context, () => write.kubernetes.patch({ ref, type: 'json', body }, signal));
  };
  return await patchIfSame(send, look);
}

/** The fields that are still to be changed; throws `target.changed` where someone else has changed one. Values are not told: they may be anything. */
function openFields(live: KubernetesObject, { object, uid, fields, guards = [] }: FieldsIntent): readonly Field[] {
  requireSame(live, uid, describeObject(object));
  const open = fields.filter(({ path, to }) => !isSame(valueAt(live, path), to));
  const foreign =
    open.find(({ path, from }) => !isSame(valueAt(live, path), from)) ??
    (open.length === 0 ? undefined : guards.find(({ path, value }) => !isSame(valueAt(live, path), value)));
  if (foreign === undefined) return open;
  throw new FixpointError(
    'target.changed',
    `${describeObject(object)}: ${pathText(foreign.path)} was changed by someone else since it was planned`,
  );
}
