import { ledgerKeys } from '../guards/ledger-keys.ts';
import type { Note } from '../ports/ledger.ts';
import type { CompiledRule } from '../rule/compiled-rule.ts';
import type { TerminalPhase } from '../run/phase.ts';
import type { Run } from '../run/run.ts';
import { formatRate } from '../value/rate.ts';
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
  if (isBad && settings.failureBudget !== undefined) notes.push(failureNote(run, settings.failureBudget));
  await engine.ledger.note(notes);
}

/** A success that did not last is a failure after all. */
export async function noteRecurred(engine: Engine, { rule, run }: { rule: CompiledRule; run: string }): Promise<void> {
  const budget = effectiveSettings(engine.limits, rule, undefined).failureBudget;
  if (budget !== undefined) await engine.ledger.note([failureNote({ id: run, rule: rule.name }, budget)]);
}

function failureNote(
  { id, rule }: Pick<Run, 'id' | 'rule'>,
  limit: NonNullable<ReturnType<typeof effectiveSettings>['failureBudget']>,
): Note {
  const flag = `rule ${rule} has used up its failureBudget ${formatRate(limit)}, last with run ${id}; a person has to approve what it does until it is restored`;
  return { kind: 'tally', key: ledgerKeys.failures(rule), what: id, limit, flag };
}

/** One limit for each window, the one that remembers most. */
function widest(limits: ReturnType<typeof effectiveSettings>['recurrence']): ReturnType<typeof effectiveSettings>['recurrence'] {
  const byWindow = new Map(limits.toSorted((a, b) => a.count - b.count).map((limit) => [limit.window, limit]));
  return [...byWindow.values()];
}
