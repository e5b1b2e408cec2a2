import { ledgerKeys } from '../guards/ledger-keys.ts';
import type { Note } from '../ports/ledger.ts';
import type { CompiledRule } from '../rule/compiled-rule.ts';
import type { BlastRadius, GuardSettings } from '../rule/guard-settings.ts';
import type { JournalEntry } from '../run/journal-entry.ts';
import type { TerminalPhase } from '../run/phase.ts';
import type { Run, StepRecord } from '../run/run.ts';
import { formatRate, type Rate } from '../value/rate.ts';
import { effectiveSettings } from './effective-settings.ts';
import type { Engine } from './engine.ts';

/**
 * How a run ended, noted in the ledger before the end is written: recurrence, budget and radius are judged by it. Answers what
 * is to be written with it, the same however often it is noted.
 */
export async function noteOutcome(
  engine: Engine,
  { rule, run }: { rule: CompiledRule; run: Run },
  phase: TerminalPhase,
): Promise<readonly JournalEntry[]> {
  const settings = effectiveSettings(engine.limits, rule, engine.rulebook().rule(rule.name));
  const isGood = phase === 'succeeded';
  const isBad = phase === 'failed' || phase === 'interrupted' || phase === 'expired';
  const notes: Note[] = [];
  const radius = settings.blastRadius;
  if (radius !== undefined) {
    const limit = { count: radius.targets, window: radius.window };
    const key = ledgerKeys.blast(run.rule, radius.window);
    const mended = isGood ? mendedBy(run) : new Set();
    for (const what of begunBy(run)) notes.push({ kind: 'ended', key, what, limit, isGood: mended.has(what) });
    if (isBad && run.charged) notes.push(radiusFailure(run, radius));
  }
  if (isGood) {
    for (const limit of widest(settings.recurrence))
      notes.push({ kind: 'tally', key: ledgerKeys.recurrence(run.subject, limit.window), what: run.id, limit });
  }
  if (isBad) notes.push(...failureNotes(run, settings));
  return await note(engine, run, notes);
}

/** A success that did not last is a failure after all. */
export async function noteRecurred(engine: Engine, { rule, run }: { rule: CompiledRule; run: Run }): Promise<readonly JournalEntry[]> {
  const settings = effectiveSettings(engine.limits, rule, undefined);
  const notes: Note[] = [...failureNotes(run, settings)];
  const radius = settings.blastRadius;
  if (radius !== undefined) {
    const { targets: count, window } = radius;
    const key = ledgerKeys.blast(run.rule, window);
    for (const what of mendedBy(run)) notes.push({ kind: 'spoilt', key, what, limit: { count, window } });
    notes.push(radiusFailure(run, radius));
  }
  return await note(engine, run, notes);
}

/** Targets of the rungs that were let through, whether or not they came to each of them. */
function begunBy(run: Run): ReadonlySet<string> {
  return new Set(run.rungs.filter(({ startedAt }) => startedAt !== undefined).flatMap(({ steps }) => changing(steps)));
}

/** What the rung that helped has changed. */
function mendedBy(run: Run): ReadonlySet<string> {
  const rung = run.rungs[run.rung];
  return new Set(rung?.state === 'succeeded' ? changing(rung.steps.filter(({ startedAt }) => startedAt !== undefined)) : []);
}

function changing(steps: readonly StepRecord[]): readonly string[] {
  return steps.filter(({ effect, changes }) => effect !== 'read' && changes.length > 0).flatMap(({ target }) => target ?? []);
}

function radiusFailure(run: Run, { failures, window }: BlastRadius): Note {
  return { kind: 'tally', key: ledgerKeys.blastFailures(run.rule, window), what: run.id, limit: { count: failures, window } };
}

async function note({ ledger }: Engine, run: Run, notes: readonly Note[]): Promise<readonly JournalEntry[]> {
  await ledger.note(notes);
  const wished = notes.flatMap((one) => (one.kind === 'tally' && one.flag !== undefined ? [one.flag] : []));
  if (wished.length === 0) return [];
  // The one that was put up first stays: its reason says whether this run did it.
  const { flags } = await ledger.standing();
  const raised = flags.find(({ key, reason }) => wished.some((flag) => flag.key === key && flag.reason === reason));
  return raised === undefined ? [] : [{ type: 'rule-demoted', rule: run.rule, data: { run: run.id, reason: raised.reason } }];
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
