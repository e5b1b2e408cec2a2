import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../../src/adapters/clock/manual-clock.ts';
import { createMetrics } from '../../../../src/adapters/telemetry/metrics.ts';
import type { SnapshotSources } from '../../../../src/adapters/telemetry/snapshot.ts';
import { FixpointError } from '../../../../src/errors.ts';

const clock = manualClock();

function metricsWith({ read = working(), rules = () => ['r1'] }: { read?: SnapshotSources; rules?: () => readonly string[] } = {}) {
  return createMetrics({ version: '1.2.3', rules, read, clock });
}

function working(calls: string[] = []): SnapshotSources {
  return {
    store: {
      async phaseCounts() {
        calls.push('phases');
        return { 'queued': 2, 'awaiting-approval': 1 };
      },
      incidents: async () => [{ rule: 'r1' }, { rule: 'r1' }, { rule: 'gone' }, { rule: 'gone-too' }] as never,
      pauses: async () => [{ id: 'p' }] as never,
    },
    ledger: {
      standing: async () => ({
        flags: [{ key: 'failures/r1', since: 1, reason: 'too often' }],
        storms: [{ key: 'subjects', since: 1, until: 2 }],
      }),
    },
    queues: {
      intake: { depth: async () => ({ waiting: 3, delayed: 1, active: 0, oldestAt: clock.now() - 2500 }) },
      runs: { depth: async () => ({ waiting: 0, delayed: 0, active: 0 }) },
    },
    journalLag: async () => 1.5,
    silences: async () => [
      { source: 'main', isSilent: true },
      { source: 'other', isSilent: false },
    ],
    ready: async () => ({ ready: true }),
  };
}

/** Exercises everything, so that every metric has a series. */
async function fullText(): Promise<string> {
  const metrics = metricsWith();
  metrics.notification('default', 'accepted');
  metrics.alert('default', 'firing');
  metrics.heartbeat('default');
  metrics.match('r1');
  metrics.decision('r1', 'cooldown', 'deny');
  metrics.runEnded({ rule: 'r1', remediation: 'scale', mode: 'auto', outcome: 'succeeded' }, 12);
  metrics.timeToAction(0.02);
  metrics.timeToResolve(30);
  metrics.action('kubernetes.scale', 'applied', 0.2);
  metrics.verification('r1', 'passed');
  metrics.escalation('none', 'delivered');
  metrics.notice('run-ended', 'delivered');
  metrics.silence('slow', 'made');
  metrics.ruleFailed('r1');
  metrics.undo('slow', 'succeeded');
  metrics.refusedCredential('invalid');
  metrics.rulesLoaded(7, clock.now());
  metrics.rulesRefused();
  metrics.replicasSeen(['a', 'b', 'a']);
  metrics.doctorFound({ rights: 2, redis: 0 });
  metrics.certificateEnds(1_800_000_000_000);
  return await metrics.text();
}

describe('metrics', () => {
  it('count what happens', async () => {
    const text = await fullText();

    for (const line of [
      'fixpoint_notifications_total{source="default",result="accepted"} 1',
      'fixpoint_alerts_total{source="default",status="firing"} 1',
      'fixpoint_matches_total{rule="r1"} 1',
      'fixpoint_decisions_total{rule="r1",guard="cooldown",decision="deny"} 1',
      'fixpoint_runs_total{rule="r1",remediation="scale",mode="auto",outcome="succeeded"} 1',
      'fixpoint_run_duration_seconds_sum 12',
      'fixpoint_time_to_action_seconds_count 1',
      'fixpoint_doctor_problems{area="rights"} 2',
      'fixpoint_doctor_problems{area="redis"} 0',
      'fixpoint_time_to_resolve_seconds_sum 30',
      'fixpoint_action_duration_seconds_sum{action="kubernetes.scale",outcome="applied"} 0.2',
      'fixpoint_verifications_total{rule="r1",verdict="passed"} 1',
      'fixpoint_escalations_total{rule="none",result="delivered"} 1',
      'fixpoint_rule_errors_total{rule="r1"} 1',
      `fixpoint_source_last_notification_timestamp_seconds{source="default"} ${clock.now() / 1000}`,
      `fixpoint_source_heartbeat_timestamp_seconds{source="default"} ${clock.now() / 1000}`,
      'fixpoint_rules_loaded 7',
      'fixpoint_rules_refused 1',
      'fixpoint_replicas 3',
      'fixpoint_replica_rulebooks 2',
      `fixpoint_rules_reload_success_timestamp_seconds ${clock.now() / 1000}`,
      'fixpoint_build_info{version="1.2.3"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });

  it('show the store and the queues as they are', async () => {
    const text = await fullText();

    for (const line of [
      'fixpoint_ready 1',
      'fixpoint_source_silent{source="main"} 1',
      'fixpoint_source_silent{source="other"} 0',
      'fixpoint_runs_active{phase="queued"} 2',
      'fixpoint_approvals_waiting 1',
      'fixpoint_incidents_open{rule="r1"} 2',
      'fixpoint_incidents_open{rule="other"} 2',
      'fixpoint_paused 1',
      'fixpoint_journal_lag_seconds 1.5',
      'fixpoint_rule_demoted{rule="r1"} 1',
      'fixpoint_storm 1',
      'fixpoint_queue_depth{queue="intake"} 3',
      'fixpoint_queue_oldest_seconds{queue="intake"} 2.5',
      'fixpoint_queue_oldest_seconds{queue="runs"} 0',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });

  it('say nothing of the end of a certificate where there is none', async () => {
    const metrics = metricsWith();
    expect(await metrics.text()).not.toMatch(/^fixpoint_tls_certificate_end_timestamp_seconds /m);
    metrics.certificateEnds(1_800_000_000_000);
    expect(await metrics.text()).toMatch(/^fixpoint_tls_certificate_end_timestamp_seconds 1800000000$/m);
  });

  it('keep the label rule within the loaded rules', async () => {
    let rules: readonly string[] = ['r1'];
    const metrics = metricsWith({ rules: () => rules });
    metrics.match('made-up-by-an-alert');
    rules = ['r2'];
    metrics.match('r2');
    metrics.match('r1');

    expect((await metrics.text()).match(/^fixpoint_matches_total.*$/gm)).toEqual([
      'fixpoint_matches_total{rule="other"} 2',
      'fixpoint_matches_total{rule="r2"} 1',
    ]);
  });

  it('read the store at most once a second', async () => {
    const calls: string[] = [];
    const metrics = metricsWith({ read: working(calls) });
    await Promise.all([metrics.text(), metrics.text()]);
    await clock.advance(900);
    await metrics.text();
    expect(calls).toHaveLength(1);
    await clock.advance(200);
    await metrics.text();
    expect(calls).toHaveLength(2);
  });

  it('count the pause of this process by its file, also while Redis is down', async () => {
    const works = working();
    expect(await metricsWith({ read: { ...works, paused: () => ({}) } }).text()).toMatch(/^fixpoint_paused 2$/m);
    const down = { ...works.store, pauses: () => Promise.reject(new FixpointError('store.unavailable', 'down')) };
    expect(await metricsWith({ read: { ...works, store: down, paused: () => ({}) } }).text()).toMatch(/^fixpoint_paused 1$/m);
    expect(await metricsWith({ read: { ...works, paused: () => undefined } }).text()).toMatch(/^fixpoint_paused 1$/m);
  });

  it('leave out what cannot be read, and give the rest, while Redis is down', async () => {
    let isDown = false;
    const works = working();
    const orDown =
      <T>(read: () => Promise<T>) =>
      async (): Promise<T> =>
        isDown ? Promise.reject(new FixpointError('store.unavailable', 'down')) : await read();
    const { store, ledger, queues } = works;
    const metrics = metricsWith({
      read: {
        store: {
          phaseCounts: orDown(() => store.phaseCounts()),
          incidents: orDown(() => store.incidents({ limit: 1 })),
          pauses: orDown(() => store.pauses()),
        },
        ledger: { standing: orDown(() => ledger.standing()) },
        queues: { intake: { depth: orDown(async () => await (queues['intake']?.depth() ?? Promise.reject(new Error('no queue')))) } },
        journalLag: orDown(async () => 0),
        ready: orDown(() => works.ready()),
      },
    });
    expect(await metrics.text()).toMatch(/^fixpoint_paused 1$/m);
    isDown = true;
    await clock.advance(2000);
    const text = await metrics.text();

    expect(text).toMatch(/^fixpoint_build_info/m);
    expect(text).toMatch(/^fixpoint_ready 0$/m);
    expect(text).not.toMatch(
      /^fixpoint_(runs_active|approvals_waiting|incidents_open|paused|rule_demoted|storm|journal_lag_seconds|queue_depth|queue_oldest_seconds)[ {]/m,
    );
  });
});

describe('docs/metrics.md', () => {
  it('lists every metric with its type and labels, and no other', async () => {
    const document = readFileSync(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8');
    const rows = [...document.matchAll(/^\| `(fixpoint_\w+)` \| (\w+) \|([^|]*)\|/gm)];
    const documented = rows.map(([, name, type, labels = '']) => `${name} ${type} ${namesIn(labels, /`(\w+)`/g)}`);
    const text = await fullText();
    const registered = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(
      ([, name, type]) => `${name} ${type} ${labelsOf(text, name ?? '')}`,
    );

    expect(registered.length).toBeGreaterThan(20);
    expect(documented.toSorted()).toEqual(registered.toSorted());
  });
});

function labelsOf(text: string, name: string): string {
  const series = new RegExp(`^${name}(?:_sum)?(?:\\{([^}]*)\\})? `, 'm').exec(text)?.[1] ?? '';
  return namesIn(series, /(\w+)="/g);
}

function namesIn(text: string, pattern: RegExp): string {
  return Array.from(text.matchAll(pattern), ([, name = '']) => name)
    .toSorted((a, b) => a.localeCompare(b))
    .join(',');
}
