import type { Window } from '../rule/guard-settings.ts';
import { formatDuration } from '../value/duration.ts';
import { firstMoment, type TimeInterval } from '../value/time-interval.ts';
import { allow, deny } from './decide.ts';
import type { DescribedGuard, GuardContext } from './guard.ts';

/** How far ahead the end of a freeze or the next allowed time is looked for, ms. */
const horizon = 8 * 86_400_000;

/** Holds runs outside the hours a rule may act in, or drops them. */
export const window: DescribedGuard = {
  name: 'window',
  summary: 'It is within the hours the rule may act in, and in none of its freezes.',
  tier: 'configurable',
  asks: 'inside',
  beforePlan: true,
  undo: true,
  fallback: 'none: at any time',
  limit: 'none',
  outcomes: {
    defer: 'outside `allow`, or within a `freeze`; until the next moment at which it may act',
    deny: 'the same, with `else: drop`',
  },
  inputs: ({ settings, now }) => ({ windows: settings.windows.map((one) => ({ ...one })), at: new Date(now).toISOString() }),
  evaluate({ settings: { windows }, intervals, now }) {
    if (windows.length === 0) return allow('the rule may act at any time');
    const named = (name: string) => intervalsNamed(intervals, name);
    const all = windows.flatMap(({ allow: within, freeze }) => [...within, ...freeze].flatMap(named));
    const broken = windows.find((one) => whyClosed(one, named, now) !== undefined);
    const why = broken && whyClosed(broken, named, now);
    if (broken === undefined || why === undefined) return allow('it is within the hours the rule may act in');
    if (windows.some((one) => one.else === 'drop' && whyClosed(one, named, now) !== undefined)) return deny(why);
    const isOpen = (at: number) => windows.every((one) => whyClosed(one, named, at) === undefined);
    const until = firstMoment(all, { from: now, horizon }, isOpen);
    if (until === undefined) return { decision: 'defer', reason: `${why}, and will be for more than ${formatDuration(horizon)}` };
    return { decision: 'defer', reason: `${why}, until ${new Date(until).toISOString()}`, until };
  },
};

function whyClosed({ allow: within, freeze }: Window, named: (name: string) => readonly TimeInterval[], at: number): string | undefined {
  const contains = (name: string) => named(name).some((interval) => interval.contains(at));
  const frozen = freeze.find(contains);
  if (frozen !== undefined) return `it is ${frozen}, a freeze`;
  if (within.length === 0 || within.some(contains)) return undefined;
  return `it is not ${within.join(' or ')}`;
}

function intervalsNamed(intervals: GuardContext['intervals'], name: string): readonly TimeInterval[] {
  const found = intervals.get(name);
  if (found === undefined) throw new Error(`there is no interval ${name} under timeIntervals: in fixpoint.yaml`);
  return found;
}
