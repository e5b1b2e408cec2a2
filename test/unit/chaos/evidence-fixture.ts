import { check } from '../../chaos/check/checker.ts';
import type { Evidence, RunAnswer } from '../../chaos/check/evidence.ts';
import type { JournalView } from '../../chaos/journal-reader.ts';
import type { SentWebhook } from '../../chaos/webhooks.ts';
import type { Effect, Episode } from '../../chaos/world.ts';

/** When everything in these tests begins, ms. */
export const start = 1_000_000;

const promises = { 'scale-up': { attempts: 2, cooldown: 5000, rate: { count: 2, window: 10_000 } } };

interface GoodRun {
  readonly id?: string;
  readonly incident?: string;
  readonly target?: string;
  readonly fingerprint?: string;
  /** Ms after `start`. */
  readonly at?: number;
  readonly end?: string;
}

/** A run without blemish: made, planned, its intent written, its effect, verified, ended two seconds later. */
export function goodRun({ id = 'i1-1', incident = 'i1', target = 'web', fingerprint = 'f1', at = 0, end = 'succeeded' }: GoodRun = {}) {
  const begin = start + at;
  let number = 0;
  const entry = (after: number, type: string, data: Record<string, unknown> = {}): JournalView => {
    number += 1;
    return { id: `${begin + after}-${number}`, at: begin + after, type, run: id, incident, rule: 'scale-up', data };
  };
  const journal = [
    entry(0, 'run-created', { fingerprint }),
    entry(100, 'planned'),
    entry(100, 'intent', { rung: 0, steps: ['scale', 'restart', 'ring'].map((step) => ({ id: step, intent: {} })) }),
    entry(100, 'phase-changed', { from: 'planning', to: 'applying' }),
    entry(200, 'step-applied', { step: 'scale' }),
    entry(300, 'phase-changed', { from: 'applying', to: 'verifying' }),
    entry(2000, 'phase-changed', { from: 'verifying', to: end }),
  ];
  const effects: Effect[] = [effect({ at: begin + 150, target, sender: { run: id, fence: 1, worker: 10 } })];
  const answer: RunAnswer = {
    id,
    kind: 'remediation',
    phase: end,
    reason: 'it helped',
    incident,
    finishedAt: new Date(begin + 2000).toISOString(),
    decisions: [{ guard: 'cooldown', decision: 'allow', reason: 'granted' }],
  };
  return { journal, effects, answer };
}

/** What takes the good run's change back, once its alert is over. */
export function undoRun({ at, cause = 'resolved' }: { readonly at: number; readonly cause?: 'resolved' | 'failed' }) {
  const undo = goodRun({ id: 'i1-1-undo', at });
  const [created, ...rest] = undo.journal;
  const order = { ...created, data: { undo: 'i1-1-undo', cause, remediations: 'scale' } } as JournalView;
  return { ...undo, journal: [order, ...rest] };
}

export function effect(given: Partial<Effect> & Pick<Effect, 'at'>): Effect {
  return { sequence: given.at, target: 'web', what: 'scale', from: '2', to: '4', hasChanged: true, ...given };
}

export function episode(given: Partial<Episode> = {}): Episode {
  const labels = { alertname: 'ChaosScale', target: 'web' };
  return {
    fingerprint: 'f1',
    target: 'web',
    alertname: 'ChaosScale',
    labels,
    startsAt: start - 100,
    cure: 'scale',
    isBlind: false,
    ...given,
  };
}

export function webhook(given: Partial<SentWebhook> = {}): SentWebhook {
  return {
    fingerprint: 'f1',
    status: 'firing',
    startsAt: start - 100,
    sentAt: start - 90,
    tries: 1,
    answeredAt: start - 50,
    notification: 'n1',
    ...given,
  };
}

export const opened: JournalView = {
  id: `${start - 40}-0`,
  at: start - 40,
  type: 'incident-opened',
  incident: 'i1',
  rule: 'scale-up',
  data: { fingerprint: 'f1' },
};

/** Everything about one good run, and what a test changes in it. */
function evidence(change: Partial<Evidence> = {}): Evidence {
  const { journal, effects, answer } = goodRun();
  return {
    effects,
    episodes: [episode()],
    pages: [],
    webhooks: [webhook()],
    journal: [opened, ...journal],
    acknowledged: new Map(),
    promises,
    now: start + 100_000,
    runs: [answer],
    ...change,
  };
}

/** What the checker finds in good logs with this difference. */
export function found(change: Partial<Evidence>): readonly string[] {
  return check(evidence(change)).map(({ invariant, what }) => `${invariant}: ${what}`);
}
