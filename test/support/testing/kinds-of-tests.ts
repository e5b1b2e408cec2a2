import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { CompiledRule } from '../../../src/rule/compiled-rule.ts';
import { purposeOf } from '../../../src/rule/purpose.ts';
import type { ExpectedRun, Expectation } from '../../../src/testing/expectation-schema.ts';
import type { Happening, TestFile, TestText } from '../../../src/testing/test-file.ts';

export const kinds = ['helps', 'does not help', 'held by a guard', 'repeated', 'resolved early'] as const;
export type Kind = (typeof kinds)[number];

/** The tests of a file, each with the alerts that it may fire. */
export function testsIn(path: string): readonly TestText[] {
  // Anchors are used more often than the parser allows unless told.
  const { alerts, tests } = parse(readFileSync(path, 'utf8'), { maxAliasCount: -1, merge: true }) as TestFile;
  return (tests as readonly TestText[]).map((test) => ({ ...test, alerts: { ...alerts, ...test.alerts } }));
}

/**
 * Which of the five kinds a test is of, for one rule. What a test expects is what happens, or it fails: so its expectations tell, not its
 * name. A test may be of several kinds. A rule that only looks helps by its call to a person; one that only plans, by its plan.
 */
export function kindsOf(test: TestText, { name, matchers, ladder }: Pick<CompiledRule, 'name' | 'matchers' | 'ladder'>): readonly Kind[] {
  const purpose = purposeOf({ ladder });
  const moments = test.timeline.flatMap(({ expect }) => expect ?? []);
  const runs = runsOf(test.expect, name);
  const calls = (test.expect.calls ?? []).filter(({ rule }) => rule === name);
  const own = ownAlerts(test, matchers);
  const seen = [...moments.flatMap((moment) => runsOf(moment, name)), ...runs];
  const isOver = (handled: boolean) => calls.some((call) => (call.handled ?? false) === handled);
  const ends = (phase: string) => runs.some((run) => run.phase === phase);
  const isUntouched = test.expect.requests?.length === 0;

  const helps = { acts: ends('succeeded'), looks: ends('failed') && isOver(true), plans: ends('planned') };
  const fails = {
    acts: runs.some((run) => isLost(run) && hasChanged(run)) && isOver(false),
    // A call that nobody takes back; whether one was is not looked at unless a test says so.
    looks: ends('failed') && isOver(false) && !own.some((alert) => isResolved(test, alert)),
    plans: ends('failed') && isOver(false),
  };
  const is: Readonly<Record<Kind, boolean>> = {
    'helps': helps[purpose],
    'does not help': fails[purpose],
    // What only plans is not asked about: the mode holds it, which shows in that nothing was sent.
    'held by a guard': purpose === 'plans' ? runs.length > 0 && isUntouched : seen.some(isHeld),
    'repeated': runs.length > 0 && own.some((alert) => timesTold(test, alert) > 1),
    'resolved early':
      purpose === 'plans'
        ? (test.expect.runs ?? []).length === 0 && own.some((alert) => timesTold(test, alert) > 0)
        : runs.length > 0 && runs.every(({ phase }) => phase === 'superseded'),
  };
  return kinds.filter((kind) => is[kind]);
}

/** The rule's own runs; what is taken back is another matter. */
function runsOf({ runs = [] }: Expectation, rule: string): readonly ExpectedRun[] {
  return runs.filter((run) => run.rule === rule && run.kind !== 'undo');
}

/** Where nobody answers for the last rung, it has expired. */
function isLost({ phase }: ExpectedRun): boolean {
  return phase === 'failed' || phase === 'expired';
}

function hasChanged({ changes = [], rungs = [] }: ExpectedRun): boolean {
  return [changes, ...rungs.map((rung) => rung.changes ?? [])].some((each) => each.length > 0);
}

function isHeld({ phase, decisions = [] }: ExpectedRun): boolean {
  return phase === 'denied' || decisions.some(({ decision }) => decision === 'deny' || decision === 'defer');
}

/** The names that a test gives to alerts which the rule would match. */
function ownAlerts({ alerts = {} }: TestText, matchers: CompiledRule['matchers']): readonly string[] {
  // The source adds the platform's own labels.
  const isOwn = (labels: Readonly<Record<string, string>>) =>
    matchers.every((matcher) => matcher.name === 'platform' || matcher.name === 'namespace' || matcher.matches(labels));
  return Object.entries(alerts)
    .filter(([, { labels }]) => isOwn(labels))
    .map(([name]) => name);
}

function isResolved({ timeline }: TestText, alert: string): boolean {
  return timeline.some(({ resolve, deliver }) => isNamed(alert, resolve) || isNamed(alert, deliver?.resolved));
}

/** In how many notifications the alert is firing. */
function timesTold({ timeline }: TestText, alert: string): number {
  const told = (at: Happening): number =>
    [at.delivered === false ? undefined : at.fire, at.resend, at.deliver?.firing].filter((names) => isNamed(alert, names)).length;
  return timeline.reduce((sum, at) => sum + told(at), 0);
}

function isNamed(alert: string, names: string | readonly string[] | undefined): boolean {
  return names !== undefined && [names].flat().includes(alert);
}
