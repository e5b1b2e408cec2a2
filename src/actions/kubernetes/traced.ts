import type { KubernetesObject, ObjectRef } from '../../ports/kubernetes.ts';
import type { Permission, WriteContext } from '../action.ts';

/** What is recorded about a change, for people who look at its target. */
export interface Changed {
  readonly ref: ObjectRef;
  readonly uid: string;
  /** One word in upper camel case: `Scaled`. */
  readonly reason: string;
  readonly what: string;
}

/** Sends a change and leaves an Event on its target that names the run. */
export async function traced(
  { ref, uid, reason, what }: Changed,
  { write, run, signal }: Pick<WriteContext, 'write' | 'run' | 'signal'>,
  send: () => Promise<KubernetesObject>,
): Promise<KubernetesObject> {
  const answer = await send();
  await write.kubernetes.trace({ ...ref, uid }, { reason, message: `Fixpoint: ${what} (run ${run})`, run }, signal);
  return answer;
}

export function tracePermission({ cluster, namespace }: { readonly cluster: string; readonly namespace: string }): Permission {
  return { cluster, namespace, apiGroup: '', resource: 'events', verbs: ['create'] };
}
