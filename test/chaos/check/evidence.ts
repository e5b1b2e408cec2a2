import type { JournalView } from '../journal-reader.ts';
import type { Promise as RulePromise } from '../rules.ts';
import type { SentWebhook } from '../webhooks.ts';
import type { Effect, Episode } from '../world.ts';

/** A run in full, as the API answers at the end. */
export interface RunAnswer {
  readonly id: string;
  readonly kind: string;
  readonly phase: string;
  readonly reason: string;
  readonly incident: string;
  readonly finishedAt: string | null;
  readonly decisions: readonly { readonly guard: string; readonly decision: string; readonly reason: string }[];
}

/** All the checker knows: the targets' own log, the webhooks with their answers, what the API says. Nothing of the processes under test. */
export interface Evidence {
  readonly effects: readonly Effect[];
  readonly episodes: readonly Episode[];
  readonly pages: readonly { readonly at: number; readonly incident: string }[];
  readonly webhooks: readonly SentWebhook[];
  readonly journal: readonly JournalView[];
  /** When the harness, as a person, acknowledged an interrupted run. */
  readonly acknowledged: ReadonlyMap<string, number>;
  readonly promises: Readonly<Record<string, RulePromise>>;
  /** Until when the evidence is complete: what came later is left out of it. */
  readonly now: number;
  /** At the end, when everything has had its time. */
  readonly runs?: readonly RunAnswer[];
}

export interface Violation {
  readonly invariant: string;
  readonly what: string;
  /** The run, incident or alert it is about. */
  readonly about?: string;
  readonly target?: string;
  readonly at: number;
}

export type Invariant = (evidence: Evidence, chronicle: Chronicle) => readonly Violation[];

/** A run as the journal tells it. */
export interface RunStory {
  readonly id: string;
  readonly incident: string;
  readonly rule: string;
  /** Of the alert that opened its incident; an undo run has that of the run it takes back. */
  readonly fingerprint: string;
  readonly isUndo: boolean;
  readonly createdAt: number;
  readonly entries: readonly JournalView[];
  readonly end?: { readonly at: number; readonly phase: string };
  readonly effects: readonly Effect[];
}

/** The evidence by run, made once for all invariants. */
export interface Chronicle {
  readonly runs: ReadonlyMap<string, RunStory>;
}

/** Written out again on purpose: the checker must not learn from the code under test what an end is. */
const terminal: ReadonlySet<string> = new Set([
  'succeeded',
  'failed',
  'denied',
  'superseded',
  'expired',
  'cancelled',
  'interrupted',
  'planned',
  'observed',
]);

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function isEnd(phase: unknown): boolean {
  return typeof phase === 'string' && terminal.has(phase);
}

export function chronicleOf({ journal, effects }: Evidence): Chronicle {
  const entries = Map.groupBy(
    journal.filter(({ run }) => run !== undefined),
    ({ run }) => run ?? '',
  );
  const done = Map.groupBy(
    effects.filter(({ sender }) => sender !== undefined),
    ({ sender }) => sender?.run ?? '',
  );
  const runs = new Map<string, RunStory>();
  for (const [id, told] of entries) {
    const created = told.find(({ type }) => type === 'run-created');
    if (created === undefined) continue;
    const isUndo = created.data['undo'] !== undefined;
    const origin = isUndo ? entries.get(id.replace(/-undo.*$/, ''))?.find(({ type }) => type === 'run-created') : created;
    const end = told.find(({ type, data }) => type === 'phase-changed' && isEnd(data['to']));
    runs.set(id, {
      id,
      incident: created.incident ?? '',
      rule: created.rule ?? '',
      fingerprint: textOf(origin?.data['fingerprint']),
      isUndo,
      createdAt: created.at,
      entries: told,
      effects: done.get(id) ?? [],
      ...(end === undefined ? {} : { end: { at: end.at, phase: String(end.data['to']) } }),
    });
  }
  return { runs };
}
