import { ledgerKeys } from '../guards/ledger-keys.ts';
import type { Note } from '../ports/ledger.ts';
import type { CompiledRule } from '../rule/compiled-rule.ts';
import type { GuardSettings } from '../rule/guard-settings.ts';
import type { TerminalPhase } from '../run/phase.ts';
import type { Run } from '../run/run.ts';
import { formatRate, type Rate } from '../value/rate.ts';
import { formatTarget, type Target } from '../value/target.ts';
import { effectiveSettings } from './effective-settings.ts';
import type { Engine } from './engine.ts';

/** How a charged run ended, noted in the ledger before the end is written: recurrence, budget and radius are judged by it. */
export async function noteOutcome(
  engine: Engine,
  { rule, run, targets }: { rule: CompiledRule; run: Run; targets: readonly Target[] },
  phase: TerminalPhase,
): Promise<void> {
  const settings = effectiveSettings(engine.limits, rule, engine.rulebook().rule(rule.name));
  const isGood = phase === 'succeeded';
  const isBad = phase === 'failed' || phase === 'interrupted' || phase === 'expired';
  const notes: Note[] = [];
  const radius = settings.blastRadius;
  if (radius !== undefined) {
    const limit = { count: radius.targets, window: radius.window };
    const key = ledgerKeys.blast(run.rule, radius.window);
    notes.push(...targets.map((target): Note => ({ kind: 'ended', key, what: formatTarget(target), limit, isGood })));
    const failures = { count: radius.failures, window: radius.window };
    if (isBad) notes.push({ kind: 'tally', key: ledgerKeys.blastFailures(run.rule, radius.window), what: run.id, limit: failures });
  }
  if (isGood) {
    for (const limit of widest(settings.recurrence))
      notes.push({ kind: 'tally', key: ledgerKeys.recurrence(run.subject, limit.window), what: run.id, limit });
  }
  if (isBad) notes.push(...failureNotes(run, settings));
  await engine.ledger.note(notes);
}

/** A success that did not last is a failure after all. */
export async function noteRecurred(engine: Engine, { rule, run }: { rule: CompiledRule; run: string }): Promise<void> {
  const settings = effectiveSettings(engine.limits, rule, undefined);
  await engine.ledger.note(failureNotes({ id: run, rule: rule.name }, settings));
}

function failureNotes({ id, rule }: Pick<Run, 'id' | 'rule'>, { failureBudget }: GuardSettings): readonly Note[] {
  return tightest(failureBudget).map((limit) => {
    const reason = `rule ${rule} has used up its failureBudget ${formatRate(limit)}, last with run ${id}; a person has to approve what it does until it is restored`;
    const key = ledgerKeys.failures(rule, limit.window);
    return { kind: 'tally', key, what: id, limit, flag: { key: ledgerKeys.demoted(rule), reason } };
  });
}

/** One limit for each window, the one that remembers most. */
function widest(limits: readonly Rate[]): readonly Rate[] {
  return [...new Map(limits.toSorted((a, b) => a.count - b.count).map((limit) => [limit.window, limit])).values()];
}

/** One limit for each window, the one that is reached first. */
function tightest(limits: readonly Rate[]): readonly Rate[] {
  return [...new Map(limits.toSorted((a, b) => b.count - a.count).map((limit) => [limit.window, limit])).values()];
}
