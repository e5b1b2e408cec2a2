import { Gauge, type Registry } from 'prom-client';
import type { Clock } from '../../ports/clock.ts';
import type { Snapshot } from './snapshot.ts';

interface GaugeSources {
  snapshot(): Promise<Snapshot>;
  ruleLabel(rule: string): string;
  readonly clock: Clock;
}

/** Gauges that are read when asked for. What cannot be read then is left out, for an old value would be a wrong one. */
export function addGauges(registry: Registry, { snapshot, ruleLabel, clock }: GaugeSources): void {
  function gauge<L extends string>(
    name: string,
    { help, labelNames = [] }: { help: string; labelNames?: L[] },
    read: (gauge: Gauge<L>, now: Snapshot) => void,
  ): void {
    const made = new Gauge<L>({
      name: `fixpoint_${name}`,
      help,
      labelNames,
      registers: [],
      async collect() {
        const now = await snapshot();
        // `reset` would set a gauge without labels to 0; removing leaves it out.
        if (labelNames.length === 0) this.remove();
        else this.reset();
        read(this, now);
      },
    });
    registry.registerMetric(made);
  }

  gauge('ready', { help: 'Whether this process can do its work, as /-/ready says.' }, (ready, { isReady }) => ready.set(isReady ? 1 : 0));
  gauge('runs_active', { help: 'Runs that have not ended.', labelNames: ['phase'] }, (runs, { phases = {} }) => {
    for (const [phase, count] of Object.entries(phases)) runs.set({ phase }, count);
  });
  gauge('approvals_waiting', { help: 'Runs that wait for a person to approve or deny.' }, (approvals, { phases }) => {
    if (phases !== undefined) approvals.set(phases['awaiting-approval'] ?? 0);
  });
  gauge('incidents_open', { help: 'Incidents that are open.', labelNames: ['rule'] }, (open, { incidents = new Map<string, number>() }) => {
    for (const [rule, count] of incidents) open.inc({ rule: ruleLabel(rule) }, count);
  });
  gauge(
    'paused',
    { help: 'Pauses in force, of any scope, and that of this process by its file or FIXPOINT_PAUSED.' },
    (paused, { pauses }) => {
      if (pauses !== undefined) paused.set(pauses);
    },
  );
  gauge('journal_lag_seconds', { help: 'Age of the oldest journal entry that history does not have, 0 when it has all.' }, (lag, now) => {
    if (now.journalLag !== undefined) lag.set(now.journalLag);
  });
  gauge(
    'rule_demoted',
    { help: 'Rules that need a yes because they failed too often.', labelNames: ['rule'] },
    (rules, { demoted = [] }) => {
      for (const rule of demoted) rules.set({ rule: ruleLabel(rule) }, 1);
    },
  );
  gauge('storm', { help: 'Whether so much is ill at once that nothing new is done.' }, (storm, { isStorm }) => {
    if (isStorm !== undefined) storm.set(isStorm ? 1 : 0);
  });
  gauge('source_silent', { help: 'Whether the heartbeat of a source stays away.', labelNames: ['source'] }, (silent, { silences = [] }) => {
    for (const { source, isSilent } of silences) silent.set({ source }, isSilent ? 1 : 0);
  });
  gauge('queue_depth', { help: 'Messages waiting to be handed out.', labelNames: ['queue'] }, (depths, { queues }) => {
    for (const [queue, depth] of queues) if (depth !== undefined) depths.set({ queue }, depth.waiting);
  });
  gauge(
    'queue_oldest_seconds',
    { help: 'Age of the oldest waiting message, 0 when none waits.', labelNames: ['queue'] },
    (ages, { queues }) => {
      for (const [queue, depth] of queues) {
        if (depth !== undefined) ages.set({ queue }, depth.oldestAt === undefined ? 0 : Math.max(0, (clock.now() - depth.oldestAt) / 1000));
      }
    },
  );
}
