import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from '../../ports/clock.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { closedSet } from './closed-set.ts';
import { addGauges } from './gauges.ts';
import { snapshotReader, type SnapshotSources } from './snapshot.ts';

export interface MetricsOptions {
  readonly version: string;
  /** Names of the loaded rules: the values the label `rule` can have, besides `other` and `none`. */
  rules(): readonly string[];
  readonly read: SnapshotSources;
  readonly clock: Clock;
}

export interface TelemetryMetrics extends Metrics {
  /** In the text format of Prometheus; never fails for want of Redis. */
  text(): Promise<string>;
  /** After each successful load; `at` in ms. */
  rulesLoaded(count: number, at: number): void;
  /** The rules on disk have an error, and those before stay in force. */
  rulesRefused(): void;
  /** Hashes of the rules of all live processes on our Redis. */
  replicasSeen(rulebooks: readonly string[]): void;
  /** When the certificate that the API shows ends, ms since the epoch. */
  certificateEnds(at: number): void;
  /** After each examination by the doctor. */
  doctorFound(problems: Readonly<Record<string, number>>): void;
}

const runSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
const actionSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180];

/** The metrics of docs/metrics.md. Each has its own registry, so that tests and processes with several do not share. */
export function createMetrics({ version, rules, read, clock }: MetricsOptions): TelemetryMetrics {
  const registry = new Registry();
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> =>
    new Counter({ name: `fixpoint_${name}`, help, labelNames: [...labelNames], registers: [registry] });
  const histogram = <L extends string>(name: string, help: string, rest: { labelNames?: L[]; buckets: number[] }): Histogram<L> =>
    new Histogram({ name: `fixpoint_${name}`, help, ...rest, registers: [registry] });

  const notifications = counter('notifications_total', 'Webhook messages received.', ['source', 'result']);
  const alerts = counter('alerts_total', 'Alerts in the messages taken in.', ['source', 'status']);
  const matches = counter('matches_total', 'Alerts a rule matched.', ['rule']);
  const ruleErrors = counter('rule_errors_total', 'Alerts a rule claimed and could not handle.', ['rule']);
  const decisions = counter('decisions_total', 'Decisions of guards.', ['rule', 'guard', 'decision']);
  const runs = counter('runs_total', 'Runs that ended.', ['rule', 'remediation', 'mode', 'outcome']);
  const verifications = counter('verifications_total', 'Verdicts of checks.', ['rule', 'verdict']);
  const escalations = counter('escalations_total', 'Calls to people.', ['rule', 'result']);
  const undos = counter('undos_total', 'Runs that took back a change, or were to.', ['rule', 'outcome']);
  const notices = counter('notices_total', 'Notices to people.', ['kind', 'result']);
  const silences = counter('silences_total', 'Silences made while a run acts.', ['rule', 'result']);
  const refusals = counter('auth_refusals_total', 'Requests without a credential that was good enough.', ['reason']);
  const runDuration = histogram('run_duration_seconds', 'From the making of a run to its end.', { buckets: runSeconds });
  const timeToAction = histogram('time_to_action_seconds', 'From the receipt of an alert to the first effect.', { buckets: actionSeconds });
  const timeToResolve = histogram('time_to_resolve_seconds', 'From the receipt of an alert to its verified end.', { buckets: runSeconds });
  const actionDuration = histogram('action_duration_seconds', 'Applying one step.', {
    labelNames: ['action', 'outcome'],
    buckets: actionSeconds,
  });
  const lastNotification = new Gauge({
    name: 'fixpoint_source_last_notification_timestamp_seconds',
    help: 'When the newest message of a source was stored.',
    labelNames: ['source'],
    registers: [registry],
  });
  const lastHeartbeat = new Gauge({
    name: 'fixpoint_source_heartbeat_timestamp_seconds',
    help: 'When the heartbeat of a source was last taken in, or this process started.',
    labelNames: ['source'],
    registers: [registry],
  });
  const ruleCount = new Gauge({ name: 'fixpoint_rules_loaded', help: 'Rules in the rulebook.', registers: [registry] });
  const reloadedAt = new Gauge({
    name: 'fixpoint_rules_reload_success_timestamp_seconds',
    help: 'When the rules were last loaded without an error.',
    registers: [registry],
  });
  const refused = new Gauge({
    name: 'fixpoint_rules_refused',
    help: 'Whether the rules on disk have an error, so that those before are in force.',
    registers: [registry],
  });
  const replicas = new Gauge({ name: 'fixpoint_replicas', help: 'Live processes on our Redis.', registers: [registry] });
  const rulebooks = new Gauge({
    name: 'fixpoint_replica_rulebooks',
    help: 'Different sets of rules that they have loaded.',
    registers: [registry],
  });
  const doctorProblems = new Gauge({
    name: 'fixpoint_doctor_problems',
    help: 'What the doctor found wrong last.',
    labelNames: ['area'],
    registers: [registry],
  });
  const certificateEnd = new Gauge({
    name: 'fixpoint_tls_certificate_end_timestamp_seconds',
    help: 'When the certificate that the API shows ends.',
    registers: [registry],
  });
  // Without a certificate it is left out, and not 0.
  certificateEnd.remove();
  const buildInfo = new Gauge({ name: 'fixpoint_build_info', help: 'Always 1.', labelNames: ['version'], registers: [registry] });
  buildInfo.set({ version }, 1);

  const known = closedSet(rules);
  const ruleLabel = (rule: string): string => (rule === 'none' ? rule : known(rule));
  addGauges(registry, { snapshot: snapshotReader(read, clock), ruleLabel, clock });

  return {
    notification(source, result) {
      notifications.inc({ source, result });
      if (result === 'accepted') lastNotification.set({ source }, clock.now() / 1000);
    },
    alert: (source, status) => alerts.inc({ source, status }),
    heartbeat: (source) => lastHeartbeat.set({ source }, clock.now() / 1000),
    match: (rule) => matches.inc({ rule: ruleLabel(rule) }),
    decision: (rule, guard, decision) => decisions.inc({ rule: ruleLabel(rule), guard, decision }),
    runEnded({ rule, remediation, mode, outcome }, seconds) {
      runs.inc({ rule: ruleLabel(rule), remediation, mode, outcome });
      runDuration.observe(seconds);
    },
    timeToAction: (seconds) => timeToAction.observe(seconds),
    timeToResolve: (seconds) => timeToResolve.observe(seconds),
    action: (action, outcome, seconds) => actionDuration.observe({ action, outcome }, seconds),
    verification: (rule, verdict) => verifications.inc({ rule: ruleLabel(rule), verdict }),
    escalation: (rule, result) => escalations.inc({ rule: ruleLabel(rule), result }),
    undo: (rule, outcome) => undos.inc({ rule: ruleLabel(rule), outcome }),
    notice: (kind, result) => notices.inc({ kind, result }),
    silence: (rule, result) => silences.inc({ rule: ruleLabel(rule), result }),
    refusedCredential: (reason) => refusals.inc({ reason }),
    ruleFailed: (rule) => ruleErrors.inc({ rule: ruleLabel(rule) }),
    rulesLoaded(count, at) {
      ruleCount.set(count);
      reloadedAt.set(at / 1000);
      refused.set(0);
    },
    rulesRefused: () => refused.set(1),
    replicasSeen(hashes) {
      replicas.set(hashes.length);
      rulebooks.set(new Set(hashes).size);
    },
    certificateEnds: (at) => certificateEnd.set(at / 1000),
    doctorFound(problems) {
      for (const [area, count] of Object.entries(problems)) doctorProblems.set({ area }, count);
    },
    text: () => registry.metrics(),
  };
}
