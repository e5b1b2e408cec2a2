import { shortened } from '../value/shortened.ts';
import { historyLines, type HistoryNote } from './history-lines.ts';
import { timelineLines } from './run-timeline.ts';
import { oneLine } from './terminal-text.ts';
import { storyWidth, wrapped } from './wrapped.ts';

/** A run in full, as the API tells it. */
export interface RunStory extends HistoryNote {
  readonly id: string;
  readonly kind?: string;
  readonly undoes?: string | null;
  readonly replayOf?: string | null;
  readonly recurred?: boolean;
  readonly incident: string;
  readonly rule: string;
  readonly subject: string;
  readonly mode: string;
  readonly phase: string;
  readonly reason: string;
  readonly attempt: number;
  readonly speed?: number;
  readonly createdAt: string;
  readonly finishedAt: string | null;
  readonly alert: { readonly labels: Readonly<Record<string, string>>; readonly source: string };
  readonly rungs: readonly {
    readonly remediation: string;
    readonly mode: string;
    readonly state?: string;
    readonly reason?: string | null;
    readonly steps: readonly {
      readonly id: string;
      readonly action: string;
      readonly target: string | null;
      readonly effect: string;
      readonly state?: string;
      readonly notes?: readonly string[];
      readonly changes: readonly { readonly what: string; readonly from: unknown; readonly to: unknown }[];
      readonly output: unknown;
      readonly error: { readonly code: string; readonly message: string } | null;
      readonly startedAt: string | null;
      readonly finishedAt: string | null;
    }[];
    readonly verdicts: readonly { readonly check: string; readonly verdict: string; readonly reason: string }[];
  }[];
  readonly approval?: {
    readonly expiresAt: string;
    readonly answer: { readonly approved: boolean; readonly by: string; readonly reason: string; readonly at: string } | null;
  } | null;
  readonly decisions: readonly {
    readonly guard: string;
    readonly decision: string;
    readonly reason: string;
    readonly at: string;
    readonly count?: number;
  }[];
  /** What the journal says, in order of time. */
  readonly journal?: readonly { readonly at: string; readonly type: string; readonly data: Readonly<Record<string, unknown>> }[];
}

const longestOutput = 200;
/** Characters of one line that is not wrapped. */
const longestLine = 1000;

/** The story of a run for a person: what it was about, what the guards said, what was changed, and whether it helped. */
export function storyLines(run: RunStory): readonly string[] {
  const labels = Object.entries(run.alert.labels).map(([name, value]) => `${name}=${JSON.stringify(shortened(value))}`);
  const speed = run.speed === undefined || run.speed === 1 ? '' : `, sandbox speed ${run.speed}`;
  const head: readonly (readonly [string, string])[] = [
    ['why', shortened(run.reason, longestLine)],
    ['rule', `${run.rule} (${run.mode}), attempt ${run.attempt} at incident ${run.incident}`],
    ...(run.kind === 'undo' ? [['undoes', `run ${run.undoes ?? 'unknown'}`] as const] : []),
    ...(run.replayOf === undefined || run.replayOf === null ? [] : [['replays', run.replayOf] as const]),
    ['subject', shortened(run.subject)],
    ['alert', `${labels.join(' ')} from ${run.alert.source}`],
    ['time', `${run.createdAt} to ${run.finishedAt ?? 'now'}${speed}`],
    ...historyLines(run).map((line) => ['note', line] as const),
  ];
  return [
    `run ${run.id}  ${run.phase}${run.recurred === true ? ', recurred' : ''}`,
    ...head.flatMap(headLines),
    ...(run.journal === undefined || run.journal.length === 0 ? recordLines(run) : ['story', ...timelineLines(run)]),
  ].map((line) => oneLine(shortened(line, longestLine)));
}

const headWidth = 12;

function headLines([name, text]: readonly [string, string]): readonly string[] {
  return wrapped(oneLine(text), storyWidth - headWidth).map(
    (line, index) => `${(index === 0 ? `  ${name}` : '').padEnd(headWidth)}${line}`,
  );
}

/** Where there is no journal (any more), the record alone: by rung, not by time. */
function recordLines(run: RunStory): readonly string[] {
  return [
    ...approvalLines(run),
    ...run.rungs.flatMap(rungLines),
    'decisions',
    ...run.decisions.map(
      ({ guard, decision, reason, at, count }) =>
        `  ${at}  ${guard}: ${decision}, ${reason}${count === undefined || count === 1 ? '' : ` (${count} times)`}`,
    ),
  ];
}

function approvalLines({ approval }: RunStory): readonly string[] {
  if (approval === undefined || approval === null) return [];
  const { expiresAt, answer } = approval;
  if (answer === null) return [`  approval  asked for until ${expiresAt}`];
  return [`  approval  ${answer.approved ? 'approved' : 'denied'} by ${answer.by} at ${answer.at}: ${answer.reason}`];
}

/** One rung: its steps with their changes, and what its checks said. */
export function rungLines(
  { remediation, mode, state, reason, steps, verdicts }: RunStory['rungs'][number],
  index: number,
): readonly string[] {
  return [
    `rung ${index + 1}  ${remediation} (${mode})${state === undefined ? '' : ` ${state}`}${reason === undefined || reason === null ? '' : `: ${reason}`}`,
    ...steps.flatMap(stepLines),
    ...verdicts.map(({ check, verdict, reason: why }) => `  check ${check}: ${verdict}, ${why}`),
  ];
}

function stepLines({
  id,
  action,
  target,
  state,
  notes = [],
  changes,
  output,
  error,
  finishedAt,
}: RunStory['rungs'][number]['steps'][number]): readonly string[] {
  const told = output === null || output === undefined ? '' : shortened(JSON.stringify(output), longestOutput);
  return [
    `  step ${id}  ${action}${target === null ? '' : ` on ${target}`}${state === undefined ? '' : ` ${state}`}${finishedAt === null ? '' : ` at ${finishedAt}`}`,
    ...changes.map(({ what, from, to }) => `    ${what}: ${JSON.stringify(from)} → ${JSON.stringify(to)}`),
    ...notes.map((note) => `    note: ${note}`),
    ...(told === '' ? [] : [`    output ${told}`]),
    ...(error === null ? [] : [`    error ${error.code}: ${error.message}`]),
  ];
}
