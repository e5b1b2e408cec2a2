import { guards } from '../guards/catalogue.ts';
import type { Reporter } from '../rule/reporter.ts';
import type { Rulebook } from '../rule/rulebook.ts';
import type { Path } from '../rule/template-tree.ts';
import { parseDuration } from '../value/duration.ts';
import { nearest } from '../value/nearest.ts';
import type { Expectation, ExpectedRun } from './expectation-schema.ts';
import { faultsOf, problemOfManifest, simulatedKinds, simulatedPlatforms } from './known-world.ts';
import { problemOfMetric } from './metric-book.ts';
import type { Happening, TestFile, TestText } from './test-file.ts';
import type { HttpText, Metric } from './world-schema.ts';
import { problemOfExpression } from './world-expression.ts';

interface Subject {
  readonly file: TestFile;
  readonly test: TestText;
  /** Absent where the rules themselves have errors. */
  readonly rulebook: Rulebook | undefined;
  /** Names of sources, where any are configured. */
  readonly sources: readonly string[];
}

type WorldPart = Pick<Happening, 'metrics' | 'http'> & Pick<TestFile, 'alerts' | 'objects'>;

const guardNames = guards.map(({ name }) => name);
const namesOfAlerts = ['fire', 'resolve', 'resend', 'silence', 'unsilence'] as const;

/** What is wrong with what the whole file says of the world. */
export function checkWorld(file: TestFile, sources: readonly string[], reporter: Reporter): void {
  checkPart(file, sources, reporter);
  const { platform } = file;
  if (platform !== undefined) requireKnown(platform, simulatedPlatforms, { reporter, path: ['platform'], what: 'simulated platform' });
}

/** What is wrong with one test beyond its shape: names that nothing has, expressions and values that cannot be read. */
export function checkTest({ file, test, rulebook, sources }: Subject, reporter: Reporter): void {
  checkPart(test, sources, reporter);
  const alerts = [...Object.keys(file.alerts ?? {}), ...Object.keys(test.alerts ?? {})];
  for (const [index, happening] of test.timeline.entries()) {
    const below = reporter.under('timeline', index);
    checkPart(happening, sources, below);
    checkCluster(happening, file.platform, below);
    checkTime(happening, test, below);
    for (const key of namesOfAlerts) checkAlerts(happening[key], alerts, below.under(key));
    checkAlerts(happening.deliver?.firing, alerts, below.under('deliver', 'firing'));
    checkAlerts(happening.deliver?.resolved, alerts, below.under('deliver', 'resolved'));
    for (const key of ['approve', 'deny', 'cancel', 'acknowledge', 'undo'] as const) {
      const rule = happening[key]?.rule;
      if (rule !== undefined && rulebook !== undefined) requireRule(rule, rulebook, below.under(key, 'rule'));
    }
    if (happening.restore !== undefined && rulebook !== undefined)
      requireRule(happening.restore.rule, rulebook, below.under('restore', 'rule'));
    for (const [at, { request }] of (happening.clusterFails ?? []).entries())
      if (!isPattern(request)) below.error(['clusterFails', at, 'request'], `${request} is no regular expression`);
    if (happening.expect !== undefined) checkExpectation(happening.expect, rulebook, below.under('expect'));
  }
  checkExpectation(test.expect, rulebook, reporter.under('expect'));
}

function checkPart(
  { metrics = {}, http = {}, alerts = {}, objects = [] }: WorldPart,
  sources: readonly string[],
  reporter: Reporter,
): void {
  for (const [key, metric] of Object.entries(metrics)) checkMetric(metric, reporter.under('metrics', key));
  checkHttp(http, reporter.under('http'));
  for (const [name, { source }] of Object.entries(alerts))
    if (source !== undefined) requireKnown(source, sources, { reporter, path: ['alerts', name, 'source'], what: 'source' });
  checkManifests(objects, reporter.under('objects'));
}

function checkCluster(
  { create = [], change = [], delete: deleted = [], ill }: Happening,
  platform: string | undefined,
  reporter: Reporter,
): void {
  checkManifests(create, reporter.under('create'));
  for (const [key, named] of Object.entries({ change, delete: deleted }))
    for (const [index, { kind }] of named.entries())
      requireKnown(kind, simulatedKinds, { reporter, path: [key, index, 'kind'], what: 'kind' });
  if (ill === undefined) return;
  if (platform === undefined) return reporter.error(['ill'], 'there is no simulated platform that could fall ill; name one under platform');
  const [fault, path] = typeof ill === 'string' ? [ill, ['ill']] : [ill.fault, ['ill', 'fault']];
  if (simulatedPlatforms.includes(platform)) requireKnown(fault, faultsOf(platform), { reporter, path, what: `fault of ${platform}` });
}

function checkManifests(manifests: NonNullable<TestFile['objects']>, reporter: Reporter): void {
  for (const [index, manifest] of manifests.entries()) {
    requireKnown(manifest.kind, simulatedKinds, { reporter, path: [index, 'kind'], what: 'kind' });
    const problem = problemOfManifest(manifest);
    if (problem !== undefined) reporter.error([index], problem);
  }
}

function checkTime({ at }: Happening, { until }: TestText, reporter: Reporter): void {
  if (until !== undefined && (parseDuration(at) ?? 0) > (parseDuration(until) ?? 0))
    reporter.error(['at'], `this is after ${until}, when the test is over`);
}

function checkMetric(metric: Metric, reporter: Reporter): void {
  const problem = problemOfMetric(metric);
  if (problem !== undefined) reporter.error([], problem);
  if (typeof metric !== 'object' || metric === null) return;
  if ('cel' in metric) checkCel(metric.cel, reporter.under('cel'));
  if (!Array.isArray(metric)) return;
  for (const [index, item] of metric.entries())
    if ('labels' in item && typeof item.value === 'object' && item.value !== null)
      checkCel(item.value.cel, reporter.under(index, 'value', 'cel'));
}

function checkHttp(http: HttpText, reporter: Reporter): void {
  for (const [connection, requests] of Object.entries(http)) {
    for (const [request, given] of Object.entries(requests)) {
      const answers = Array.isArray(given) ? given : [given];
      for (const [index, { when, json, text }] of answers.entries()) {
        const path = [connection, request, ...(Array.isArray(given) ? [index] : [])];
        if (when !== undefined) checkCel(when, reporter.under(...path, 'when'));
        if (json !== undefined && text !== undefined) reporter.error(path, 'either json or text, not both');
      }
    }
  }
}

function checkCel(text: string, reporter: Reporter): void {
  const problem = problemOfExpression(text);
  if (problem !== undefined) reporter.error([], problem);
}

function checkAlerts(names: string | readonly string[] | undefined, known: readonly string[], reporter: Reporter): void {
  if (names === undefined) return;
  const listed = typeof names === 'string' ? [names] : names;
  for (const [index, name] of listed.entries())
    requireKnown(name, known, { reporter, path: typeof names === 'string' ? [] : [index], what: 'alert' });
}

function checkExpectation(
  { runs = [], calls = [], objects = [], holds = [] }: Expectation,
  rulebook: Rulebook | undefined,
  reporter: Reporter,
): void {
  for (const [index, run] of runs.entries()) checkRun(run, rulebook, reporter.under('runs', index));
  for (const [index, text] of holds.entries()) checkCel(text, reporter.under('holds', index));
  for (const [index, { kind }] of objects.entries())
    requireKnown(kind, simulatedKinds, { reporter, path: ['objects', index, 'kind'], what: 'kind' });
  for (const [index, { rule }] of calls.entries())
    if (rule !== undefined && rulebook !== undefined) requireRule(rule, rulebook, reporter.under('calls', index, 'rule'));
}

function checkRun({ rule, rungs = [], decisions = [] }: ExpectedRun, rulebook: Rulebook | undefined, reporter: Reporter): void {
  for (const [index, { guard }] of decisions.entries())
    requireKnown(guard, guardNames, { reporter, path: ['decisions', index, 'guard'], what: 'guard' });
  if (rulebook === undefined) return;
  requireRule(rule, rulebook, reporter.under('rule'));
  const ladder = rulebook.rule(rule)?.ladder.map(({ remediation }) => remediation);
  if (ladder === undefined) return;
  for (const [index, { remediation }] of rungs.entries())
    requireKnown(remediation, ladder, { reporter, path: ['rungs', index, 'remediation'], what: `remediation in rule ${rule}` });
}

function requireRule(rule: string, rulebook: Rulebook, reporter: Reporter): void {
  requireKnown(
    rule,
    rulebook.rules.map(({ name }) => name),
    { reporter, path: [], what: 'rule' },
  );
}

function requireKnown(
  name: string,
  known: readonly string[],
  { reporter, path, what }: { reporter: Reporter; path: Path; what: string },
): void {
  if (known.includes(name)) return;
  const similar = nearest(name, known);
  reporter.error(
    path,
    `there is no ${what} ${name}; ${similar === undefined ? `there are: ${known.join(', ') || 'none'}` : `did you mean ${similar}?`}`,
  );
}

function isPattern(text: string): boolean {
  try {
    void new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
