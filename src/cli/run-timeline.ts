import { shortened } from '../value/shortened.ts';
import type { RunStory } from './run-story.ts';
import { oneLine } from './terminal-text.ts';
import { storyWidth, wrapped } from './wrapped.ts';

/** One thing that happened: what kind, in words, and what belongs to it on lines of its own. */
export interface TimelineEvent {
  readonly at: string;
  readonly kind: string;
  readonly text: string;
  readonly details?: readonly string[];
}

type RunStep = RunStory['rungs'][number]['steps'][number];
type Entry = NonNullable<RunStory['journal']>[number];

const kindWidth = 10;
const longestOutput = 300;
/** Characters of what is told of one event, and of one detail of it. */
const longestText = 1000;

/** What happened, in order of time: each decision, plan, change, result, verdict and call, as journal and record tell it together. */
export function timelineLines(run: RunStory): readonly string[] {
  const journal = run.journal ?? [];
  // Of which rung an entry about a step is, the last entry that names a rung says.
  let rung = 0;
  const told = journal.flatMap((entry) => {
    rung = typeof entry.data['rung'] === 'number' ? entry.data['rung'] : rung;
    return eventsOf(entry, { run, rung });
  });
  const events = [...told, ...untoldDecisions(run)];
  // A stable sort: what the journal says at the same time stays in the journal's order, behind the decisions that let it happen.
  const ordered = events.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : rank(a) - rank(b)));
  let day = run.createdAt.slice(0, 10);
  return ordered.flatMap((event) => {
    const isNewDay = event.at.slice(0, 10) !== day;
    day = event.at.slice(0, 10);
    return [...(isNewDay ? [`  ${day}`] : []), ...eventLines(event)];
  });
}

function rank({ kind }: TimelineEvent): number {
  return kind === 'made' ? 0 : kind === 'plan' ? 1 : kind === 'guard' ? 2 : 3;
}

/** An event on lines of its own. */
export function eventLines({ at, kind, text, details = [] }: TimelineEvent): readonly string[] {
  const indent = ' '.repeat(2 + 12 + 2 + kindWidth + 1);
  const [first = '', ...more] = wrapped(oneLine(shortened(text, longestText)), storyWidth - indent.length);
  return [
    `  ${at.slice(11, 23)}  ${kind.padEnd(kindWidth)} ${first}`,
    ...more.map((line) => `${indent}${line}`),
    ...details.flatMap((detail) =>
      wrapped(oneLine(shortened(detail, longestText)), storyWidth - indent.length - 4).map(
        (line, index) => `${indent}${index === 0 ? '  ' : '    '}${line}`,
      ),
    ),
  ];
}

/** What an entry of the journal tells of a run; `rung` is that of the last entry that names one. */
export function eventsOf({ at, type, data }: Entry, { run, rung }: { run: RunStory; rung: number }): readonly TimelineEvent[] {
  const say = (name: string): string => (typeof data[name] === 'string' ? data[name] : (JSON.stringify(data[name]) ?? ''));
  const event = (kind: string, text: string, details: readonly string[] = []): readonly TimelineEvent[] => [{ at, kind, text, details }];
  const step = run.rungs[rung]?.steps.find(({ id }) => id === data['step']);
  switch (type) {
    case 'run-created':
      return run.kind === 'undo'
        ? event('made', `to take back ${say('remediations')} of run ${run.undoes ?? 'unknown'}${orderedBy(data)}`)
        : event('made', `attempt ${run.attempt} of rule ${run.rule}, mode ${say('mode')}`);
    case 'phase-changed':
      return event('phase', `${say('to')}: ${say('reason')}`);
    case 'decision':
      return event('guard', `${say('guard')}: ${say('decision')}, ${say('reason')}${times(run, data)}`);
    case 'admitted':
      return decisionsOf(data).map(({ guard, decision, reason }) => ({ at, kind: 'guard', text: `${guard}: ${decision}, ${reason}` }));
    case 'planned':
      return event('plan', `rung ${rungNumber(data)} ${say('remediation')}`, plannedChanges(data['changes']));
    case 'intent':
      return event(
        'intent',
        `${data['step'] === undefined ? `rung ${rungNumber(data)}` : `step ${say('step')}`}, stored before its effect`,
      );
    case 'step-applying':
      return event('applying', `step ${say('step')}, ${say('action')} on ${say('target')}`);
    case 'step-applied':
      return event('applied', `step ${say('step')}, ${say('action')} on ${say('target')}`, [
        ...changesOf(step),
        ...(data['output'] === null ? [] : [`output ${shortened(JSON.stringify(data['output']), longestOutput)}`]),
      ]);
    case 'step-failed':
      return event('failed', `step ${say('step')}, ${say('action')} on ${say('target')}`, errorOf(step));
    case 'step-settled':
      return event('settled', `rung ${rungNumber(data)}: its effect is complete`);
    case 'verdict':
      return event('verdict', `${say('check')} ${say('verdict')}: ${say('reason')}`);
    case 'rung-ended':
      return event('rung', `${rungNumber(data)} ${say('remediation')} ${say('state')}: ${say('reason')}`, unplannedChanges(run, data));
    case 'approval-asked':
      return event('approval', `asked for ${say('remediation')}`);
    case 'approval-answered':
      return event('approval', `${say('kind')} by ${say('by')}: ${say('reason')}`);
    case 'person-acted':
      return event('person', `${say('by')}: ${say('kind')}${say('reason') === '' ? '' : `, ${say('reason')}`}`);
    case 'escalated':
      return event('called', `a person, ${say('severity')}: ${say('title')}`);
    case 'person-called':
      return event('called', `a person was reached by ${say('channel')}`);
    case 'call-ended':
      return event('called', `nobody is needed any more: ${say('reason')}`);
    case 'call-dropped':
      return event('called', `the call is given up: ${say('reason')}`);
    case 'notice-dropped':
      return event('notice', `${say('kind')} is given up after ${say('tries')} tries: ${say('reason')}`);
    case 'silenced':
      return event(
        'silence',
        data['state'] === 'began' ? `${say('alerts')} alerts are silent in ${say('source')}` : `${say('state')}: ${say('reason')}`,
      );
    case 'recurred':
      return event('recurred', 'the alert fires again, or still');
    case 'undo-scheduled':
      return event('undo', `${say('remediations')} is taken back by run ${say('undo')}${orderedBy(data)}`);
    case 'undo-ended':
      return event('undo', `run ${say('undo')} ${say('outcome')}: ${say('reason')}`);
    case 'resumed-after-crash':
      return event('resumed', `step ${say('step')} was cut off and is looked at again`);
    default:
      return event(type, shortened(JSON.stringify(data), longestOutput));
  }
}

/** What only the record tells: guards that let a run pass which another then refused. */
function untoldDecisions(run: RunStory): readonly TimelineEvent[] {
  const told = new Set(
    (run.journal ?? []).flatMap(({ type, data }) =>
      (type === 'decision' ? [data] : type === 'admitted' ? decisionsOf(data) : []).map(
        ({ guard, decision }) => `${String(guard)} ${String(decision)}`,
      ),
    ),
  );
  return run.decisions
    .filter(({ guard, decision }) => !told.has(`${guard} ${decision}`))
    .map(({ guard, decision, reason, at, count = 1 }) => ({
      at,
      kind: 'guard',
      text: `${guard}: ${decision}, ${reason}${count === 1 ? '' : ` (${count} times, this was the last)`}`,
    }));
}

function decisionsOf(data: Entry['data']): readonly { readonly guard: string; readonly decision: string; readonly reason: string }[] {
  return Array.isArray(data['decisions']) ? data['decisions'] : [];
}

/** Why an undo was ordered. */
function orderedBy({ cause, by, reason }: Entry['data']): string {
  if (cause === 'person') return `, as ${String(by)} wants${reason === '' ? '' : `: ${String(reason)}`}`;
  return cause === 'resolved' ? ', once the incident is over' : ', for it did not help';
}

function times(run: RunStory, data: Entry['data']): string {
  const { count = 1 } = run.decisions.findLast(({ guard, decision }) => guard === data['guard'] && decision === data['decision']) ?? {};
  return count === 1 ? '' : ` (asked ${count} times)`;
}

function rungNumber(data: Entry['data']): number {
  return Number(data['rung'] ?? 0) + 1;
}

function plannedChanges(changes: unknown): readonly string[] {
  return (Array.isArray(changes) ? changes : []).map((change: Record<string, unknown>) => {
    const { target, what, from, to } = change;
    return `${typeof target === 'string' ? `${target} ` : ''}${String(what)}: ${JSON.stringify(from)} → ${JSON.stringify(to)}`;
  });
}

/** Changes of a rung that was planned and not applied: no entry of its own tells them. */
function unplannedChanges(run: RunStory, data: Entry['data']): readonly string[] {
  if (data['state'] !== 'planned') return [];
  const steps = run.rungs[rungNumber(data) - 1]?.steps ?? [];
  return steps.flatMap(({ target, changes }) => plannedChanges(changes.map((change) => ({ target, ...change }))));
}

function changesOf(step: RunStep | undefined): readonly string[] {
  return [...plannedChanges(step?.changes), ...(step?.notes ?? []).map((note) => `note: ${note}`)];
}

function errorOf(step: RunStep | undefined): readonly string[] {
  return step?.error === undefined || step.error === null ? [] : [`${step.error.code}: ${step.error.message}`];
}
