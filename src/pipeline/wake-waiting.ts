import type { Run } from '../run/run.ts';
import { urgencyOf } from '../value/urgency.ts';
import type { Engine } from './engine.ts';

const page = 200;

/** Lets runs that wait for this guard ask again now, rather than when they would have: a pause was lifted, say. */
export async function wakeWaiting(engine: Pick<Engine, 'store' | 'dispatches' | 'ids'>, guard: string): Promise<number> {
  const wave = engine.ids.next();
  let woken = 0;
  let cursor: string | null | undefined;
  while (cursor !== null) {
    const { runs, next } = await engine.store.runs({ phase: 'waiting', limit: page, ...(cursor === undefined ? {} : { cursor }) });
    const waiting = runs.filter((run: Run) => run.waiting?.guard === guard);
    await engine.dispatches.addAll(waiting.map((run) => ({ id: `${run.id}-${wave}`, data: { run: run.id }, urgency: urgencyOf(run) })));
    woken += waiting.length;
    cursor = next;
  }
  return woken;
}
