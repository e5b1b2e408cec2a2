import { askJson } from '../app/game-day/game-day-api.ts';
import type { GameDay } from '../app/game-day/game-day.ts';
import type { GameDayEvent, JournalView, PlayResult } from '../app/game-day/play.ts';
import { formatDuration } from '../value/duration.ts';
import { eventLines, eventsOf, type TimelineEvent } from './run-timeline.ts';
import type { RunStory } from './run-story.ts';

/** What is told again by others, or is of the machinery. */
const leftOut: ReadonlySet<string> = new Set(['intent', 'step-applying', 'incident-opened', 'phase-changed', 'admitted', 'run-ended']);

/** Turns what happens on a game day into lines for a person, in order. */
export class GameDayStory {
  readonly #rungs = new Map<string, number>();

  async lines(event: GameDayEvent, day: GameDay): Promise<readonly string[]> {
    const at = new Date(event.at).toISOString();
    if (event.kind !== 'journal') return eventLines({ at, kind: event.kind, text: event.text });
    return (await this.#journal(event.entry, day)).flatMap(eventLines);
  }

  async #journal(entry: JournalView, day: GameDay): Promise<readonly TimelineEvent[]> {
    const { at, type, data } = entry;
    const text = (name: string): string => (typeof data[name] === 'string' ? data[name] : '');
    if (entry.run === undefined) {
      if (type === 'incident-closed') return [{ at, kind: 'incident', text: `${entry.rule ?? ''}: closed` }];
      return [];
    }
    const run = await runOf(day, entry.run);
    const rung = typeof data['rung'] === 'number' ? data['rung'] : (this.#rungs.get(entry.run) ?? 0);
    this.#rungs.set(entry.run, rung);
    switch (type) {
      case 'run-created':
        return [
          ...(run.kind === 'undo' ? [] : [{ at, kind: 'matched', text: `rule ${run.rule}, about ${run.subject}` }]),
          ...eventsOf(entry, { run, rung }),
          { at, kind: 'look', text: linkOf(day, run.id) },
        ];
      case 'admitted': {
        const guards = Array.isArray(data['decisions']) ? (data['decisions'] as readonly { guard: string; decision: string }[]) : [];
        const others = guards.filter(({ decision }) => decision !== 'allow').map(({ guard, decision }) => `, ${guard} ${decision}`);
        return [{ at, kind: 'guards', text: `${guards.length - others.length} allow${others.join('')}` }];
      }
      case 'run-ended':
        return [{ at, kind: 'ended', text: `${run.rule}${run.kind === 'undo' ? ', taken back,' : ''} ${run.phase}: ${run.reason}` }];
      case 'phase-changed':
        return text('to') === 'waiting' || text('to') === 'awaiting-approval' ? eventsOf(entry, { run, rung }) : [];
      default:
        return leftOut.has(type) ? [] : eventsOf(entry, { run, rung });
    }
  }
}

export async function runOf(day: GameDay, id: string): Promise<RunStory> {
  return await askJson<RunStory>(`${day.service.url}/api/v1/runs/${encodeURIComponent(id)}`);
}

export function linkOf(day: GameDay, run: string): string {
  return `${day.service.url}/#${encodeURIComponent(run)}`;
}

/** How long things took, in real time and as it would have been without the speed. */
export interface GameDayTimes {
  readonly toAlert: number | undefined;
  readonly toAction: number | undefined;
  readonly toEnd: number;
}

/** Times since the fault; `stories` are the runs in full. */
export function timesOf({ injectedAt, firstAlertAt, endedAt }: PlayResult, stories: readonly RunStory[]): GameDayTimes {
  const effects = stories
    .filter(({ kind }) => kind !== 'undo')
    .flatMap(({ rungs }) => rungs.flatMap(({ steps }) => steps))
    .flatMap(({ effect, changes, startedAt }) =>
      effect === 'read' || changes.length === 0 || startedAt === null ? [] : [Date.parse(startedAt)],
    );
  const first = effects.length === 0 ? undefined : Math.min(...effects);
  return {
    toAlert: firstAlertAt === undefined ? undefined : firstAlertAt - injectedAt,
    toAction: first === undefined ? undefined : first - injectedAt,
    toEnd: endedAt - injectedAt,
  };
}

export function lengthText(ms: number | undefined, speed: number): string {
  if (ms === undefined) return 'never';
  const simulated = Math.round((ms * speed) / 1000) * 1000;
  return `${formatDuration(Math.round(ms / 100) * 100)} (at real speed about ${formatDuration(simulated)})`;
}
