import { codeOf, FixpointError, messageOf } from '../errors.ts';
import type { Engine } from './engine.ts';
import { compiledRung, type Stint } from './stint.ts';

/** Pauses between tries: doubling from the first to the last, ms. */
const firstPause = 500;
const lastPause = 15_000;

export interface Retry {
  readonly error: unknown;
  readonly doing: string;
  /** What happens when trying again makes no sense, or has gone on for the rung's timeout. */
  readonly orElse: (reason: string) => Promise<void>;
}

/** The only layer that tries again: a retryable failure gives the run back and wakes it later, until the rung's time is over. */
export async function retry(engine: Engine, stint: Stint, { error, doing, orElse }: Retry): Promise<void> {
  const { held } = stint;
  const { run } = held;
  if (codeOf(error) === 'store.unavailable' || codeOf(error) === 'run.stale-fence') throw error;
  const reason = `${doing}: ${messageOf(error)}`;
  const since = run.rungs[run.rung]?.startedAt ?? run.trying?.since ?? held.now;
  const timeout = (compiledRung(stint)?.timeout ?? 0) / engine.speed;
  const isWorthIt = error instanceof FixpointError && error.retryable && held.now - since < timeout;
  if (!isWorthIt) return await orElse(reason);
  const tries = (run.trying?.tries ?? 0) + 1;
  const pause = Math.min(lastPause, firstPause * 2 ** (tries - 1));
  engine.log.warn({ runId: run.id, rule: run.rule, tries, code: codeOf(error), reason }, 'run tries again later');
  await held.enter(run.phase, `${reason}; tries again (${tries})`, {
    run: { ...run, trying: { since, tries } },
    release: { wakeAt: held.now + pause },
  });
}
