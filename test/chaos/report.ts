import type { Outcome } from './campaign.ts';
import type { Violation } from './check/evidence.ts';
import { noticedBy, type Sabotage } from './process/orders.ts';

export interface Report {
  readonly lines: readonly string[];
  readonly isGood: boolean;
}

/** Violations whose stories are told. */
const mostStories = 5;

export function report(outcome: Outcome, seed: number): Report {
  const { curable, cured } = outcome;
  // Where little is done little can go wrong: that proves nothing.
  const isHollow = cured * 2 < curable;
  const { rounds, seconds, strikes, kills, runs, effects, webhooks, resumed, endedWithHolder, violations, errors } = outcome;
  const after = resumed.map((one) => one.after).toSorted((a, b) => a - b);
  const phases = Map.groupBy(runs, ({ phase }) => phase);
  const lines = [
    `rounds ${rounds} in ${seconds.toFixed(0)} s, kills ${kills}, runs ${runs.length}, effects ${effects}, webhooks ${webhooks}, violations ${violations.length}`,
    `from kill to resumed: p50 ${quantile(after, 0.5)} ms, p99 ${quantile(after, 0.99)} ms, longest ${quantile(after, 1)} ms, of ${after.length} runs; ${endedWithHolder} more had ended when their holder died`,
    `runs ended: ${[...phases]
      .map(([phase, list]) => `${phase} ${list.length}`)
      .toSorted()
      .join(', ')}`,
    `illnesses cured: ${cured} of ${curable} that could be${isHollow ? '; TOO FEW, so that the rest proves nothing' : ''}`,
    'strikes:',
    ...[...strikes].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([what, count]) => `  ${String(count).padStart(5)} ${what}`),
    ...(errors.size === 0 ? [] : ['logged as errors:', ...[...errors].map(([what, count]) => `  ${String(count).padStart(5)} ${what}`)]),
    ...violations.slice(0, mostStories).flatMap((violation) => tell(violation, outcome, seed)),
    ...violations.slice(mostStories).map(({ invariant, what }) => `${invariant}: ${what}`),
  ];
  return { lines, isGood: violations.length === 0 && !isHollow };
}

/** A sabotage that is not noticed by what has to notice it is a harness that proves nothing. */
export function reportSabotage(outcome: Outcome, sabotage: Sabotage): Report {
  const { rounds, seconds, violations } = outcome;
  const wanted = noticedBy[sabotage];
  const caught = violations.find(({ invariant }) => wanted.includes(invariant));
  // One thing left out breaks others: those are named, not told.
  const others = violations
    .filter(({ invariant }) => !wanted.includes(invariant))
    .map(({ invariant, what }) => `  also ${invariant}: ${what}`);
  if (caught === undefined)
    return { lines: [`sabotage ${sabotage}: NOT caught by ${wanted.join(' or ')} in ${rounds} rounds`, ...others], isGood: false };
  const line = `sabotage ${sabotage}: caught by ${caught.invariant} in round ${rounds} (${seconds.toFixed(0)} s): ${caught.what}`;
  return { lines: [line, ...others], isGood: true };
}

function tell({ invariant, what, about, target, at }: Violation, outcome: Outcome, seed: number): readonly string[] {
  const where = `${target === undefined ? '' : `target ${target}, `}${about === undefined ? '' : `about ${about}, `}at ${new Date(at).toISOString()}, seed ${seed}`;
  return [`VIOLATION ${invariant}: ${what} (${where})`, ...(about === undefined ? [] : outcome.story(about).map((line) => `    ${line}`))];
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
