import type { Alert } from '../alert/alert.ts';
import type { CompiledRule } from '../rule/compiled-rule.ts';
import { concurrencyScopes, type ApprovalSettings, type BlastRadius, type GuardSettings, type Limits } from '../rule/guard-settings.ts';
import { strictestMode, type Mode } from '../rule/mode.ts';
import type { Run } from '../run/run.ts';

/** The settings guards see: the stricter of the rule as the run keeps it and as it is now, under the limits of the deployment. */
export function effectiveSettings(limits: Limits, rule: CompiledRule, now: CompiledRule | undefined): GuardSettings {
  const settings = [rule.guards, ...(now === undefined || now.hash === rule.hash ? [] : [now.guards])];
  const rates = [...settings.map((one) => one.rate), limits.rate ?? {}];
  const attempts = least(settings.map((one) => one.attempts));
  const maxAge = least(settings.map((one) => one.maxAge));
  const cooldown = Math.max(...settings.map((one) => one.cooldown ?? 0));
  const concurrency = concurrencyScopes.flatMap((scope) => {
    const most = least([...settings.map((one) => one.concurrency[scope]), limits.concurrency?.[scope]]);
    return most === undefined ? [] : [[scope, most]];
  });
  const radius = strictestRadius(settings.map((one) => one.blastRadius).filter((one) => one !== undefined));
  const approval = strictestApproval(settings.map((one) => one.approval).filter((one) => one !== undefined));
  return {
    ...(cooldown === 0 ? {} : { cooldown }),
    ...(attempts === undefined ? {} : { attempts }),
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(approval === undefined ? {} : { approval }),
    ...(radius === undefined ? {} : { blastRadius: radius }),
    ...(limits.blastRadius === undefined ? {} : { blastLimit: limits.blastRadius }),
    rate: {
      rule: rates.flatMap((rate) => rate.rule ?? []),
      target: rates.flatMap((rate) => rate.target ?? []),
      namespace: rates.flatMap((rate) => rate.namespace ?? []),
      global: rates.flatMap((rate) => rate.global ?? []),
    },
    holdWhile: settings.flatMap((one) => one.holdWhile),
    windows: settings.flatMap((one) => one.windows),
    concurrency: Object.fromEntries(concurrency) as GuardSettings['concurrency'],
    recurrence: [...settings.flatMap((one) => one.recurrence), ...(limits.recurrence ?? [])],
    failureBudget: [...settings.flatMap((one) => one.failureBudget), ...(limits.failureBudget === undefined ? [] : [limits.failureBudget])],
    requires: settings.flatMap((one) => one.requires),
  };
}

function least(values: readonly (number | undefined)[]): number | undefined {
  return values.filter((value) => value !== undefined).toSorted((a, b) => a - b)[0];
}

function strictestRadius(given: readonly BlastRadius[]): BlastRadius | undefined {
  const newest = given.at(-1);
  if (newest === undefined) return undefined;
  const percent = least(given.map((one) => one.percent));
  const fleet = newest.fleet ?? given[0]?.fleet;
  return {
    targets: Math.min(...given.map((one) => one.targets)),
    window: Math.max(...given.map((one) => one.window)),
    failures: Math.min(...given.map((one) => one.failures)),
    grows: given.some((one) => one.grows),
    ...(percent === undefined ? {} : { percent }),
    ...(fleet === undefined ? {} : { fleet }),
  };
}

function strictestApproval(given: readonly ApprovalSettings[]): ApprovalSettings | undefined {
  if (given.length === 0) return undefined;
  const expires = least(given.map((one) => one.expires));
  const roles = given.map((one) => one.role);
  const role = roles.includes('admin') ? 'admin' : roles.find((one) => one !== undefined);
  return {
    ...(expires === undefined ? {} : { expires }),
    ...(role === undefined ? {} : { role }),
    fourEyes: given.some((one) => one.fourEyes === true),
  };
}

/** One attempt, and the alerts it is for. */
export interface Asked {
  readonly run: Run;
  readonly rule: CompiledRule;
  readonly mode: Mode;
  readonly alerts: readonly Alert[];
}

/** The strictest of what was asked, the limit, and what the rule has for each of its alerts, then and by now: a person may have taken trust away. */
export function effectiveMode(limits: Limits, current: CompiledRule | undefined, { run, rule, mode, alerts }: Asked): Mode {
  const limit = limits.mode === undefined ? [] : [limits.mode];
  const kept = strictestMode(mode, ...limit, ...alerts.map((alert) => rule.modeFor(alert)));
  if (current === undefined) return kept;
  const rung = current.ladder[run.rung];
  const isSame = rung !== undefined && rung.remediation === run.rungs[run.rung]?.remediation;
  return strictestMode(kept, ...alerts.map((alert) => current.modeFor(alert)), ...(isSame ? [rung.mode] : []));
}
