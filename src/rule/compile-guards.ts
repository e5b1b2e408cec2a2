import { FixpointError } from '../errors.ts';
import { parseDuration, type Duration } from '../value/duration.ts';
import { parseRate, type Rate } from '../value/rate.ts';
import type { Compilers } from './compilers.ts';
import { askableKinds, kindNamed } from '../value/kubernetes-name.ts';
import { nearest } from '../value/nearest.ts';
import { checkGuardLimits } from './check-guard-limits.ts';
import type { TemplatePlace } from './compile-template.ts';
import { compileRequirement } from './compile-requirement.ts';
import type { ApprovalSettings, BlastRadius, GuardSettings, HoldWhile, Limits, Window } from './guard-settings.ts';
import type { Reporter } from './reporter.ts';
import type { Rule } from './rule-file.ts';

type Written = NonNullable<Rule['guards']>;

const scopes = ['rule', 'target', 'namespace', 'global'] as const;

/** What the deployment has besides rules; undefined where nobody can tell, as for a rule that a run has kept. */
export interface Deployment {
  /** Names of `timeIntervals`. */
  readonly intervals: readonly string[];
  /** Whether people have names: whether anything stands under auth:. */
  readonly hasIdentities: boolean;
}

interface GuardTools {
  readonly compilers: Compilers;
  readonly limits: Limits;
  readonly deployment: Deployment | undefined;
  /** Where requirements stand; its reporter at `guards`. */
  readonly place: TemplatePlace;
}

/** How long an alert may hold a rule before that is said. */
const holdsTooLong = 3_600_000;

const standardRadius = { targets: 10, window: 3_600_000, failures: 3 };

/** Compiles `guards:`; `place.reporter` stands at that key. What is outside the limits is an error. */
export function compileGuards(guards: Written, { compilers, limits, deployment, place }: GuardTools): GuardSettings {
  const { reporter } = place;
  const settings: GuardSettings = {
    ...(guards.cooldown === undefined ? {} : { cooldown: durationOf(guards.cooldown) }),
    rate: compileRates(guards.rate),
    ...(guards.attempts === undefined ? {} : { attempts: guards.attempts }),
    holdWhile: (guards.holdWhile ?? []).map((written, index) => compileHold(written, compilers, reporter.under('holdWhile', index))),
    ...(guards.maxAge === undefined ? {} : { maxAge: durationOf(guards.maxAge) }),
    ...(guards.approval === undefined
      ? {}
      : { approval: compileApproval(guards.approval, { deployment, reporter: reporter.under('approval') }) }),
    windows: guards.window === undefined ? [] : [compileWindow(guards.window, { deployment, reporter: reporter.under('window') })],
    concurrency: typeof guards.concurrency === 'number' ? { rule: guards.concurrency } : (guards.concurrency ?? {}),
    recurrence: ratesOf(guards.recurrence),
    failureBudget: ratesOf(guards.failureBudget),
    ...(guards.blastRadius === undefined ? {} : { blastRadius: compileRadius(guards.blastRadius, reporter.under('blastRadius')) }),
    requires: (guards.requires ?? []).flatMap((written, index) =>
      compileRequirement(written, { ...place, reporter: reporter.under('requires', index) }),
    ),
  };
  checkGuardLimits(settings, limits, reporter);
  return settings;
}

function durationOf(text: string): Duration {
  return parseDuration(text) ?? 0;
}

function compileRates(rate: Written['rate']): GuardSettings['rate'] {
  const byScope = typeof rate === 'string' || Array.isArray(rate) ? { rule: rate } : (rate ?? {});
  const [rule, target, namespace, global] = scopes.map((scope) => ratesOf(byScope[scope]));
  return { rule: rule ?? [], target: target ?? [], namespace: namespace ?? [], global: global ?? [] };
}

function ratesOf(written: string | readonly string[] | undefined): Rate[] {
  const texts = written === undefined ? [] : typeof written === 'string' ? [written] : written;
  return texts.map(parseRate).filter((rate) => rate !== undefined);
}

function compileHold(written: NonNullable<Written['holdWhile']>[number], compilers: Compilers, reporter: Reporter): HoldWhile {
  const {
    match,
    scope = 'namespace',
    warnAfter,
  }: Exclude<typeof written, string> = typeof written === 'string' ? { match: written } : written;
  const matchers = typeof match === 'string' ? [match] : match;
  for (const text of matchers) {
    try {
      compilers.matchers(text);
    } catch (error) {
      if (!(error instanceof FixpointError)) throw error;
      reporter.error(typeof written === 'string' ? [] : ['match'], error.message);
    }
  }
  return { matchers, scope, warnAfter: warnAfter === undefined ? holdsTooLong : durationOf(warnAfter) };
}

function optional<K extends string, V>(key: K, value: V | undefined): { [name in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [name in K]: V });
}

interface Given {
  readonly deployment: Deployment | undefined;
  readonly reporter: Reporter;
}

function compileApproval({ expires, role, fourEyes }: NonNullable<Written['approval']>, { deployment, reporter }: Given): ApprovalSettings {
  if (fourEyes === true && deployment?.hasIdentities === false) {
    reporter.error(
      ['fourEyes'],
      'four eyes need people with names; there are no tokens, oidc, kubernetes or certificates under auth: in fixpoint.yaml',
    );
  }
  return {
    ...optional('expires', expires === undefined ? undefined : durationOf(expires)),
    ...optional('role', role),
    ...optional('fourEyes', fourEyes),
  };
}

function compileWindow(written: NonNullable<Written['window']>, { deployment, reporter }: Given): Window {
  for (const key of ['allow', 'freeze'] as const) {
    for (const [index, name] of (written[key] ?? []).entries()) {
      if (deployment === undefined || deployment.intervals.includes(name)) continue;
      const similar = nearest(name, deployment.intervals);
      const hint = similar === undefined ? '' : `; did you mean ${similar}?`;
      reporter.error([key, index], `there is no interval ${name} under timeIntervals: in fixpoint.yaml${hint}`);
    }
  }
  return { allow: written.allow ?? [], freeze: written.freeze ?? [], else: written.else ?? 'defer' };
}

function compileRadius(written: NonNullable<Written['blastRadius']>, reporter: Reporter): BlastRadius {
  const { targets, window, percent, failures, grow, fleet } = written;
  if (fleet !== undefined && kindNamed(fleet.kind) === undefined) {
    const similar = nearest(fleet.kind, askableKinds);
    reporter.error(
      ['fleet', 'kind'],
      `a fleet cannot be of kind ${fleet.kind}${similar === undefined ? '' : `; did you mean ${similar}?`}`,
    );
  }
  if (fleet === undefined && failures !== undefined) reporter.warning(['failures'], 'counts only with fleet');
  if (fleet === undefined && (percent !== undefined || grow !== undefined)) {
    reporter.error(
      [percent === undefined ? 'grow' : 'percent'],
      'needs fleet: what the targets are a part of, as in { kind: Deployment, namespace: shop, selector: app=web }',
    );
  }
  return {
    targets: targets ?? standardRadius.targets,
    window: window === undefined ? standardRadius.window : durationOf(window),
    failures: failures ?? standardRadius.failures,
    grows: fleet !== undefined && (grow ?? true),
    ...optional('percent', percent),
    ...(fleet === undefined
      ? {}
      : {
          fleet: {
            cluster: fleet.cluster ?? 'default',
            kind: fleet.kind,
            ...optional('namespace', fleet.namespace),
            ...optional('selector', fleet.selector),
          },
        }),
  };
}
