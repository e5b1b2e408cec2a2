import type { Urgency } from '../value/urgency.ts';
import type { Engine } from './engine.ts';

/** Asks for a first look at runs just made. What gets lost here the reconciler makes good. */
export async function dispatchRuns(
  engine: Pick<Engine, 'dispatches' | 'log'>,
  runs: readonly { readonly id: string; readonly sequence: number; readonly urgency: Urgency }[],
): Promise<void> {
  if (runs.length === 0) return;
  try {
    await engine.dispatches.addAll(
      runs.map(({ id, sequence, urgency }) => ({ id: `${id}-${sequence}`, data: { run: id, sequence }, urgency })),
    );
  } catch (error) {
    engine.log.warn({ runs: runs.length, err: error }, 'runs could not be dispatched, the reconciler will do it');
  }
}
