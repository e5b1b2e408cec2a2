import type { Alert } from '../alert/alert.ts';
import type { Matcher } from '../alert/matcher.ts';
import { FixpointError } from '../errors.ts';
import { parseDuration } from '../value/duration.ts';
import { contentHash, type JsonObject } from '../value/json.ts';
import { nearest } from '../value/nearest.ts';
import { compileCondition, compileSubject } from './compile-condition.ts';
import { compileGuards, type Deployment } from './compile-guards.ts';
import { compileMode } from './compile-mode.ts';
import type { CompiledRemediation } from './compile-remediation.ts';
import { compileRung, type PlacedRung } from './compile-rung.ts';
import type { LabelRead, TemplatePlace } from './compile-template.ts';
import { compileValues } from './compile-values.ts';
import { compileVerify } from './compile-verify.ts';
import type { CompiledRule } from './compiled-rule.ts';
import type { Compilers } from './compilers.ts';
import type { Limits } from './guard-settings.ts';
import type { Reporter } from './reporter.ts';
import type { Rule } from './rule-file.ts';
import { checkSubject } from './check-subject.ts';

export interface RuleTools {
  readonly compilers: Compilers;
  /** Undefined: there is such a remediation, and it has problems of its own. */
  readonly remediations: ReadonlyMap<string, CompiledRemediation | undefined>;
  readonly limits: Limits;
  readonly deployment?: Deployment | undefined;
  readonly reporter: Reporter;
  readonly file: string;
  readonly line: number;
}

/** How long each of `escalate.order` has to acknowledge a call before the next one is called, too. */
const defaultEvery = 900_000;
const defaultFlap = 60_000;

/** Compiles a rule whose defaults are filled in. It is of use only if nothing was reported as an error. */
export function compileRule(rule: Rule, data: JsonObject, tools: RuleTools): CompiledRule {
  const { compilers, reporter } = tools;
  const matchers = compileMatchers(rule, tools);
  const mode = compileMode(rule.mode, { compilers, matchers, reporter: reporter.under('mode') });
  const names = Object.keys(rule.values ?? {});
  const labelReads: LabelRead[] = [];
  const place = (variables: TemplatePlace['visible']['variables'], at: Reporter): TemplatePlace => ({
    visible: { variables },
    values: names,
    compilers,
    labelReads,
    reporter: at,
  });
  const condition = rule.when === undefined ? undefined : compileCondition(rule.when, { compilers, reporter: reporter.under('when') });
  const subject =
    rule.subject === undefined
      ? undefined
      : compileSubject(rule.subject, place(['labels', 'annotations', 'alert'], reporter.under('subject')));
  const values = compileValues(rule.values ?? {}, place(['labels', 'annotations', 'alert', 'alerts'], reporter.under('values')));
  const variables = ['labels', 'annotations', 'alert', 'alerts', 'values', 'secrets'] as const;
  const verify = compileVerify(rule.verify ?? {}, place(variables, reporter.under('verify')));
  const guards = compileGuards(rule.guards ?? {}, {
    compilers,
    limits: tools.limits,
    deployment: tools.deployment,
    place: place(variables, reporter.under('guards')),
  });
  const rungs = rule.ladder.flatMap((written, index) => {
    const at = reporter.under('ladder', index);
    const remediation = findRemediation(written.remediation, tools.remediations, at);
    return remediation === undefined
      ? []
      : [compileRung(written, remediation, { place: place(variables, at), mode: mode.most, verify, limits: tools.limits })];
  });
  if (rungs.length === rule.ladder.length && rule.subject === undefined) checkSubject(rungs, matchers, reporter);
  warnOfLabels({ rule, matchers, condition, rungs, labelReads, reporter });
  const definition = {
    rule: data,
    remediations: Object.fromEntries(rungs.map(({ remediation }) => [remediation.name, remediation.definition])),
  };
  return {
    name: rule.name,
    summary: rule.summary,
    file: tools.file,
    line: tools.line,
    definition,
    hash: contentHash(definition),
    mode: mode.most,
    ...(mode.byLabels === undefined ? {} : { modes: mode.byLabels }),
    modeFor: ({ labels }) => mode.of(labels),
    continues: rule.continue ?? false,
    matchers,
    guards,
    flap: rule.flap === undefined ? defaultFlap : (parseDuration(rule.flap) ?? defaultFlap),
    ...(rule.silence === undefined ? {} : { silence: rule.silence === true ? {} : { for: parseDuration(rule.silence.for) ?? 0 } }),
    escalate: compileEscalation(rule.escalate ?? {}),
    ladder: rungs.map(({ rung }) => rung),
    values,
    ...(condition === undefined ? {} : { when: (alert: Alert) => condition.holds(alert) }),
    ...(subject === undefined ? {} : { subject: (alert: Alert) => subject.render(alert) }),
  };
}

function compileEscalation({
  severity = 'critical',
  after,
  evidence,
  order,
  every,
}: NonNullable<Rule['escalate']>): CompiledRule['escalate'] {
  return {
    severity,
    ...(after === undefined ? {} : { after: parseDuration(after) ?? 0 }),
    ...(evidence === true ? { evidence } : {}),
    ...(order === undefined ? {} : { order: { names: order, every: parseDuration(every ?? '') ?? defaultEvery } }),
  };
}

function compileMatchers(rule: Rule, { compilers, reporter }: RuleTools): readonly Matcher[] {
  const texts = typeof rule.match === 'string' ? [rule.match] : rule.match;
  const matchers = texts.flatMap((text, index) => {
    try {
      return compilers.matchers(text);
    } catch (error) {
      if (!(error instanceof FixpointError)) throw error;
      const offset = Number(error.details['offset']);
      reporter.error(typeof rule.match === 'string' ? ['match'] : ['match', index], error.message, { within: text, offset });
      return [];
    }
  });
  if (reporter.errors() === 0 && matchers.every((matcher) => matcher.matches({})))
    reporter.warning(['match'], `rule ${rule.name} matches every alert that lacks the labels it names; require one, as in alertname="…"`);
  return matchers;
}

function findRemediation(name: string, known: RuleTools['remediations'], reporter: Reporter): CompiledRemediation | undefined {
  if (!known.has(name)) {
    const similar = nearest(name, known.keys());
    const hint =
      similar !== undefined
        ? `; did you mean ${similar}?`
        : known.size === 0
          ? '; there are none'
          : `; there are ${[...known.keys()].slice(0, 20).join(', ')}`;
    reporter.error(['remediation'], `there is no remediation ${name}${hint}`);
  }
  return known.get(name);
}

interface LabelReading {
  readonly rule: Rule;
  readonly matchers: readonly Matcher[];
  readonly condition: ReturnType<typeof compileCondition>;
  readonly rungs: readonly PlacedRung[];
  readonly labelReads: readonly LabelRead[];
  readonly reporter: Reporter;
}

/** A missing label stops a run. Warns where nothing makes sure that it is there. */
function warnOfLabels({ rule, matchers, condition, rungs, labelReads, reporter }: LabelReading): void {
  const byMatchers = new Set(matchers.filter((matcher) => !matcher.matches({})).map(({ name }) => name));
  const required = byMatchers.union(condition?.requiredLabels ?? new Set());
  const advice = (label: string): string =>
    `an alert may lack the label ${label}, and the rule would stop there; require it with the matcher ${label}!="" or write has(labels.${label}) ? … : …`;
  for (const label of condition?.unguardedLabels ?? [])
    if (!byMatchers.has(label)) reporter.warning(['when'], advice(label), { within: `labels.${label}`, offset: 0 });
  for (const { label, warn } of labelReads) if (!required.has(label)) warn(advice(label));
  for (const { remediation } of rungs) {
    const index = rule.ladder.findIndex((rung) => rung.remediation === remediation.name);
    for (const label of remediation.unguardedLabels)
      if (!required.has(label)) reporter.warning(['ladder', index, 'remediation'], `remediation ${remediation.name}: ${advice(label)}`);
  }
}
