import { z } from 'zod';
import { modes } from '../rule/mode.ts';
import type { RunInFull } from '../pipeline/run-book.ts';
import { phases } from '../run/phase.ts';
import type { JournalRecord } from '../run/journal-entry.ts';
import type { DecisionRecord, Run, RungRecord, StepRecord } from '../run/run.ts';
import { shortened } from '../value/shortened.ts';
import { historyNote, HistoryNote } from './history-note.ts';
import { shortenedLabels } from './shortened-labels.ts';
import { timeText } from './time-text.ts';

const time = z.iso.datetime();
const labels = z.record(z.string(), z.string());

/** A run as lists show it. Times are RFC 3339. */
export const RunSummary = z.strictObject({
  id: z.string(),
  kind: z.enum(['remediation', 'undo']),
  incident: z.string(),
  rule: z.string(),
  subject: z.string(),
  mode: z.enum(modes),
  phase: z.enum(phases),
  reason: z.string(),
  attempt: z.number(),
  source: z.string(),
  alert: z.strictObject({ source: z.string(), fingerprint: z.string(), labels, annotations: labels, startsAt: time }),
  waiting: z.strictObject({ guard: z.string(), until: time }).nullable(),
  undoes: z.string().nullable(),
  undo: z.strictObject({ cause: z.string(), afterMs: z.number(), quietSince: time.nullable() }).nullable(),
  replayOf: z.string().nullable(),
  recurred: z.boolean(),
  speed: z.number(),
  createdAt: time,
  updatedAt: time,
  finishedAt: time.nullable(),
  expiresAt: time,
});

export type RunSummary = z.infer<typeof RunSummary>;

const StepView = z.strictObject({
  id: z.string(),
  action: z.string(),
  target: z.string().nullable(),
  effect: z.enum(['read', 'converge', 'once']),
  state: z.string(),
  changes: z.array(z.strictObject({ what: z.string(), from: z.json(), to: z.json() })),
  notes: z.array(z.string()),
  output: z.json(),
  error: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
});

const RungView = z.strictObject({
  remediation: z.string(),
  mode: z.enum(modes),
  state: z.string(),
  reason: z.string().nullable(),
  params: z.json(),
  values: z.record(z.string(), z.number().nullable()),
  steps: z.array(StepView),
  verdicts: z.array(
    z.strictObject({
      check: z.string(),
      positive: z.boolean(),
      verdict: z.string(),
      reason: z.string(),
      at: time,
      passingSince: time.nullable(),
    }),
  ),
  /** Index of the rung that this one of an undo run takes back. */
  of: z.number().nullable(),
  undo: z.strictObject({ when: z.string(), afterMs: z.number(), run: z.string().nullable(), outcome: z.string().nullable() }).nullable(),
  startedAt: time.nullable(),
  effectAt: time.nullable(),
  settleUntil: time.nullable(),
  verifyUntil: time.nullable(),
});

/** A run in full. */
export const RunView = RunSummary.extend({
  definition: z.string(),
  rulebook: z.string(),
  rung: z.number(),
  rungs: z.array(RungView),
  decisions: z.array(
    z.strictObject({ guard: z.string(), decision: z.string(), reason: z.string(), at: time, count: z.number(), until: time.nullable() }),
  ),
  approval: z
    .strictObject({
      askedAt: time,
      expiresAt: time,
      plan: z.string(),
      answer: z.strictObject({ approved: z.boolean(), by: z.string(), reason: z.string(), at: time }).nullable(),
    })
    .nullable(),
  /** What the journal says of the run, in order of time. */
  journal: z.array(z.strictObject({ id: z.string(), at: time, type: z.string(), data: z.json() })),
  ...HistoryNote.shape,
});

export type RunView = z.infer<typeof RunView>;

export function runSummary(run: Run): RunSummary {
  const { id, kind, incident, rule, subject, mode, phase, reason, attempt, source, alert, waiting } = run;
  return {
    id,
    kind,
    incident,
    rule,
    subject,
    mode,
    phase,
    reason,
    attempt,
    source,
    alert: {
      source: alert.source,
      fingerprint: alert.fingerprint,
      labels: alert.labels,
      annotations: alert.annotations,
      startsAt: timeText(alert.startsAt),
    },
    waiting: waiting === undefined ? null : { guard: waiting.guard, until: timeText(waiting.until) },
    undoes: run.undoes ?? null,
    undo: run.undo === undefined ? null : { cause: run.undo.cause, afterMs: run.undo.afterMs, quietSince: timeText(run.undo.quietSince) },
    replayOf: run.replayOf ?? null,
    recurred: run.recurred ?? false,
    speed: run.speed ?? 1,
    createdAt: timeText(run.createdAt),
    updatedAt: timeText(run.updatedAt),
    finishedAt: timeText(run.finishedAt),
    expiresAt: timeText(run.expiresAt),
  };
}

/** As a list has it: texts of any length, as labels may be, are cut; the run by itself has them whole. */
export function listedRun(run: Run): RunSummary {
  const summary = runSummary(run);
  const { alert } = summary;
  return {
    ...summary,
    subject: shortened(summary.subject),
    reason: shortened(summary.reason),
    alert: { ...alert, labels: shortenedLabels(alert.labels), annotations: shortenedLabels(alert.annotations) },
  };
}

export function runView({ run, entries, ...note }: RunInFull): RunView {
  const { approval } = run;
  return {
    ...runSummary(run),
    definition: run.definition,
    rulebook: run.rulebook,
    rung: run.rung,
    rungs: run.rungs.map(rungView),
    decisions: run.decisions.map(decisionView),
    approval:
      approval === undefined
        ? null
        : {
            askedAt: timeText(approval.askedAt),
            expiresAt: timeText(approval.expiresAt),
            plan: approval.plan,
            answer: approval.answer === undefined ? null : { ...approval.answer, at: timeText(approval.answer.at) },
          },
    journal: entries.filter(({ type }) => type !== 'run-ended').map(entryView),
    ...historyNote(note),
  };
}

/** Without what is for the engine only, and without the record, which is what the view shows. */
function entryView({ id, at, type, data }: JournalRecord): RunView['journal'][number] {
  const kept = Object.entries(data).filter(([name]) => name !== 'record' && name !== 'intent' && !(type === 'intent' && name === 'steps'));
  return { id, at: timeText(at), type, data: Object.fromEntries(kept) as RunView['journal'][number]['data'] };
}

function rungView(rung: RungRecord): RunView['rungs'][number] {
  return {
    remediation: rung.remediation,
    mode: rung.mode,
    state: rung.state,
    reason: rung.reason ?? null,
    params: rung.params as z.infer<ReturnType<typeof z.json>>,
    values: rung.values ?? {},
    steps: rung.steps.map(stepView),
    verdicts: rung.verdicts.map(({ check, positive, verdict, reason, at, passingSince }) => ({
      check,
      positive,
      verdict,
      reason,
      at: timeText(at),
      passingSince: timeText(passingSince),
    })),
    of: rung.of ?? null,
    undo: rung.undo === undefined ? null : { ...rung.undo, run: rung.undo.run ?? null, outcome: rung.undo.outcome ?? null },
    startedAt: timeText(rung.startedAt),
    effectAt: timeText(rung.effectAt),
    settleUntil: timeText(rung.settleUntil),
    verifyUntil: timeText(rung.verifyUntil),
  };
}

/** Without the intent and the inverse: what they hold is for the engine, `changes` says it for people. */
function stepView(step: StepRecord): RunView['rungs'][number]['steps'][number] {
  return {
    id: step.id,
    action: step.action,
    target: step.target ?? null,
    effect: step.effect,
    state: step.state,
    changes: step.changes as RunView['rungs'][number]['steps'][number]['changes'],
    notes: [...(step.notes ?? [])],
    output: (step.output ?? null) as RunView['rungs'][number]['steps'][number]['output'],
    error: step.error ?? null,
    startedAt: timeText(step.startedAt),
    finishedAt: timeText(step.finishedAt),
  };
}

function decisionView(decision: DecisionRecord): RunView['decisions'][number] {
  return {
    guard: decision.guard,
    decision: decision.decision,
    reason: decision.reason,
    at: timeText(decision.at),
    count: decision.count ?? 1,
    until: timeText(decision.decision === 'defer' ? decision.until : undefined),
  };
}
