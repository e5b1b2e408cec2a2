import { FixpointError, messageOf } from '../../errors.ts';

/**
 * Does on one node after the other what cannot be repeated. Where one answers with an error after others have done it, the error says
 * which have; where nobody knows what became of one, the failure stays retryable and so the outcome unknown.
 */
export async function onEachOnce(nodes: readonly string[], act: (node: string) => Promise<void>): Promise<void> {
  const done: string[] = [];
  for (const node of nodes) {
    try {
      await act(node);
      done.push(node);
    } catch (error) {
      if (done.length === 0 || !(error instanceof FixpointError) || error.details['stop'] !== undefined) throw error;
      const left = nodes.filter((other) => !done.includes(other));
      const told = `done on ${done.join(', ')}; not on ${left.join(', ')}: ${messageOf(error)}`;
      throw new FixpointError(error.retryable ? 'redis.unavailable' : 'redis.partial', told);
    }
  }
}
