import type { CompiledRule, CompiledRung } from '../rule/compiled-rule.ts';
import { FixpointError } from '../errors.ts';
import type { JournalEntry } from '../run/journal-entry.ts';
import type { Run, RungRecord, StepRecord } from '../run/run.ts';
import type { Json } from '../value/json.ts';
import type { Target } from '../value/target.ts';
import { parseTarget } from '../value/target.ts';
import type { HeldRun } from './held-run.ts';

/** One stretch of work on a claimed run: from claim to release. */
export interface Stint {
  readonly held: HeldRun;
  readonly rule: CompiledRule;
  /** What the guards allowed in this stint; a stint that resumes asks them anew. */
  admitted?: { readonly at: number; readonly targets: readonly Target[] };
  /** A step that another worker began, and of which nobody knows yet whether it was done. */
  inherited?: string;
}

/** The rung as the rule has it; of an undo run the one that is taken back. */
export function compiledRung({ rule, held }: Stint): CompiledRung | undefined {
  const { run } = held;
  const index = run.kind === 'undo' ? run.rungs[run.rung]?.of : run.rung;
  return index === undefined ? undefined : rule.ladder[index];
}

/** The rung that could not be applied, with the rule's word on what follows. */
export function inError(stint: Stint, rung: RungRecord, reason: string): RungRecord {
  return { ...rung, reason, ...(compiledRung(stint)?.onError === 'stop' ? { stops: true } : {}) };
}

export function currentRung({ held }: Stint): RungRecord {
  const rung = held.run.rungs[held.run.rung];
  if (rung === undefined) throw new FixpointError('internal', `run ${held.run.id} has no plan of rung ${held.run.rung + 1}`);
  return rung;
}

/** The run with its current rung replaced. */
export function withRung(run: Run, rung: RungRecord): Run {
  return { ...run, rungs: [...run.rungs.slice(0, run.rung), rung, ...run.rungs.slice(run.rung + 1)] };
}

export function withStep(rung: RungRecord, step: StepRecord): RungRecord {
  return { ...rung, steps: rung.steps.map((other) => (other.id === step.id ? step : other)) };
}

/** The canonical targets of the changing steps, each once; refuses a step whose target nobody knows. */
export function targetsOf(rung: RungRecord): readonly Target[] {
  const targets = new Map<string, Target>();
  for (const step of changingSteps(rung)) {
    const target = step.target === undefined ? undefined : parseTarget(step.target);
    if (step.state === 'pending' && step.target === undefined) continue;
    if (target === undefined) throw new FixpointError('target.missing', `step ${step.id} (${step.action}) has no target`);
    targets.set(step.target ?? '', target);
  }
  return [...targets.values()];
}

/** The steps that change something, or may once they are planned. */
export function changingSteps(rung: RungRecord): readonly StepRecord[] {
  return rung.steps.filter(
    ({ effect, state, changes }) => effect !== 'read' && state !== 'skipped' && (state === 'pending' || changes.length > 0),
  );
}

/** A journal entry about this run. */
export function entryOf(run: Run, type: JournalEntry['type'], data: { readonly [key: string]: Json }): JournalEntry {
  return { type, run: run.id, incident: run.incident, rule: run.rule, data };
}

/** Whether anything has been changed, or may have been. */
export function hasActed(run: Run): boolean {
  return run.rungs.some((rung) => rung.steps.some((step) => step.effect !== 'read' && step.changes.length > 0 && isBegun(step)));
}

function isBegun(step: StepRecord): boolean {
  return step.startedAt !== undefined;
}
