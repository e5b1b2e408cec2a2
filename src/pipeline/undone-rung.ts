import type { RungRecord } from '../run/run.ts';
import { entryOf, withRung, type Stint } from './stint.ts';

/** Records that a rung is as it was before, and goes on to the one before it. */
export async function endUndoneRung({ held }: Stint, rung: RungRecord): Promise<void> {
  const { trying: _tried, ...run } = withRung(held.run, rung);
  const reason = rung.state === 'empty' ? `${rung.remediation} is back already` : `${rung.remediation} is taken back`;
  await held.enter('undoing', reason, {
    run: { ...run, rung: run.rung + 1 },
    entries: [entryOf(run, 'rung-ended', { rung: run.rung, remediation: rung.remediation, state: rung.state, reason })],
  });
}
