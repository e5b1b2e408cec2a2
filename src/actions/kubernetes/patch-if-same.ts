import { codeOf, FixpointError } from '../../errors.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';

/**
 * A patch with preconditions, after a look that found it needed. The API answers a failed `test` like any other invalid patch
 * (fact 12), so a refused one is looked at once more: `look` throws `target.changed` where someone was faster, and answers
 * `done` where the change is there already.
 */
export async function patchIfSame(
  send: () => Promise<KubernetesObject>,
  look: () => Promise<{ readonly done: boolean; readonly live: KubernetesObject }>,
): Promise<KubernetesObject> {
  const before = await look();
  if (before.done) return before.live;
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof FixpointError) || (codeOf(error) !== 'kubernetes.invalid' && codeOf(error) !== 'kubernetes.conflict'))
      throw error;
    const { done, live } = await look();
    if (done) return live;
    throw error;
  }
}
