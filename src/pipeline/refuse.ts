import { FixpointError } from '../errors.ts';
import type { JournalEntry } from '../run/journal-entry.ts';
import type { DecisionRecord, Run } from '../run/run.ts';
import type { Engine } from './engine.ts';
import { finish } from './finish.ts';
import { planHash } from './plan-hash.ts';
import { quietWaits } from './quiet-guards.ts';
import { stormCall } from './storm-call.ts';
import type { Stint } from './stint.ts';
import { entryOf } from './stint.ts';
import { askAgainAfter } from './wait-longer.ts';

/** How seldom a run asks whether it is within its hours; it is woken when that begins, ms. */
const longestInWindow = 300_000;

export interface Refusal {
  readonly run: Run;
  readonly refusal: DecisionRecord;
  readonly entries: readonly JournalEntry[];
}

/** What a guard's refusal makes of the run: ended, waiting, or a question to a person. Nothing has been charged. */
export async function refuse(engine: Engine, stint: Stint, { run, refusal, entries }: Refusal): Promise<void> {
  const { held } = stint;
  const reason = `${refusal.guard}: ${refusal.reason}`;
  // A run that asks again every few seconds says so once.
  const isRepeated = held.run.phase === 'waiting' && held.run.waiting?.guard === refusal.guard && refusal.decision === 'defer';
  const noted = isRepeated
    ? []
    : [...entries, entryOf(run, 'decision', { guard: refusal.guard, decision: refusal.decision, reason: refusal.reason })];
  switch (refusal.decision) {
    case 'allow':
      return;
    case 'deny':
      return await finish(engine, stint, {
        phase: 'denied',
        reason,
        run,
        entries: noted,
        guard: refusal.guard,
        ...(refusal.until === undefined ? {} : { until: refusal.until }),
      });
    case 'supersede':
      return await finish(engine, stint, { phase: 'superseded', reason, run, entries: noted });
    case 'defer': {
      const { phase, waiting: before, kind } = held.run;
      const resume = before?.resume ?? (kind === 'undo' ? 'undoing' : phase === 'applying' ? 'applying' : 'planning');
      const since = before?.guard === refusal.guard ? (before.since ?? held.now) : held.now;
      const asking = { ...run, waiting: { guard: refusal.guard, until: 0, resume, since } };
      const again = held.now + askAgainAfter(asking, held.now, refusal.guard === 'window' ? longestInWindow : undefined);
      // Who waits for a moment that is known has its whole life still to come then.
      const isKnown = quietWaits.has(refusal.guard) && refusal.until !== undefined;
      const expiresAt = isKnown ? Math.max(run.expiresAt, refusal.until + engine.timing.runLife) : run.expiresAt;
      const until = Math.min(expiresAt, refusal.until ?? again);
      const waiting = { guard: refusal.guard, until, resume, since };
      const call = isRepeated ? undefined : stormCall(run, refusal);
      const outbox = call === undefined ? [] : [call];
      return await held.wait({ ...run, expiresAt, waiting }, { reason, entries: noted, outbox, wakeAt: Math.min(until, again) });
    }
    case 'needs-approval': {
      const rung = run.rungs[run.rung];
      if (rung === undefined) throw new FixpointError('internal', `guard ${refusal.guard} wants a yes to what has no plan`);
      const expiresAt = held.now + (stint.rule.guards.approval?.expires ?? engine.timing.approvalLife);
      const approval = { askedAt: held.now, expiresAt, plan: planHash(run, rung) };
      return await held.enter('awaiting-approval', `waits for a yes to ${rung.remediation}`, {
        run: { ...run, approval, expiresAt: Math.max(run.expiresAt, expiresAt) },
        entries: [...noted, entryOf(run, 'approval-asked', { rung: run.rung, remediation: rung.remediation, expiresAt })],
        release: { wakeAt: expiresAt },
      });
    }
  }
}
