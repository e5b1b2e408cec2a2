import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/adapters/clock/system-clock.ts';
import { knownFaults, type KnownFault } from '../../src/app/game-day/faults.ts';
import { followFault } from '../../src/app/game-day/follow-fault.ts';
import { shippedAlerts, shippedFolders } from '../../src/app/game-day/shipped-files.ts';
import { openSurroundings, type Surroundings } from '../../src/app/game-day/surroundings.ts';
import { parseDuration } from '../../src/value/duration.ts';
import { gameDayTable, tableIn, withoutTimes, type GameDayRow } from '../support/docs/game-day-table.ts';
import { waitUntil } from '../support/wait-until.ts';
import { ApiClient, webhookBody, type RunView } from '../e2e/api-client.ts';
import { wavesOf, type Task, type Wave } from './game-day-waves.ts';
import { calledAt, openDay, playWave, type Played } from './played-faults.ts';

/** What is played unless told: of each platform what tells most. All takes four minutes. */
const usual: Readonly<Record<string, readonly string[]>> = {
  'llm-guardrails': ['high-latency', 'all-models-down', 'database-down'],
  'llm-research': ['pool-exhausted', 'high-error-rate'],
  'ai-gatekeeper': ['pool-exhaustion'],
  '254carbon-ml': ['high-latency'],
  'safety-system': ['queue-backlog'],
};
/** `all`, or one platform, for those who work on it. */
const wanted = process.env['GAME_DAYS'];
const isWanted = ({ platform, fault }: KnownFault) =>
  wanted === undefined ? usual[platform]?.includes(fault) === true : wanted === 'all' || wanted === platform;
const known = await knownFaults();
// At real speed one of these takes a quarter of an hour: it is left to people.
const faults = known.filter((fault) => !fault.isAtRealSpeed && isWanted(fault));
const isSlow = ({ platform, alerts }: KnownFault) =>
  shippedAlerts().some(
    ({ alert, for: waits, labels }) => labels['platform'] === platform && alerts.includes(alert) && minutes(waits) >= 30,
  );
const quick = faults.filter((fault) => !isSlow(fault));
const slow = faults.filter(isSlow);

/** Played side by side, each on servers of its own. What does not help may be given up sooner than proof may be found. */
const lanes: readonly { readonly speed: number; readonly waves: readonly Wave[] }[] = [
  { speed: 60, waves: wavesOf(quick, false) },
  { speed: 90, waves: wavesOf(quick, true) },
  { speed: 120, waves: [...wavesOf(slow, false), ...wavesOf(slow, true)] },
].filter(({ waves }) => waves.length > 0);

function minutes(length: string): number {
  return (parseDuration(length) ?? 0) / 60_000;
}

/** Restarting what has too few replicas: it looks like a remedy, its rollout completes, and nothing gets better. */
const wrongRule = `
rules:
  - name: wrong-cure
    summary: Restarts where scaling is needed
    match: ['alertname="HighLatencyP99"']
    mode: auto
    ladder:
      - { remediation: restart-deployment, with: { namespace: guardrails-platform, name: model-prompt-guard } }
    guards: { cooldown: 1h, attempts: 1 }
    verify:
      within: 5m
      checks:
        - rolloutComplete: {}
        - promql: { query: 'guardrail:request_latency_seconds:p99{platform="llm-guardrails"}', expect: value < 0.1, window: 1m, for: 30s }
`;

function nameOf({ platform, fault, isStubborn }: Pick<Task, 'platform' | 'fault' | 'isStubborn'>): string {
  return `${platform}: ${fault}${isStubborn ? ', stubborn' : ''}`;
}

function named(isStubborn: boolean, isMeant: (fault: KnownFault) => boolean = () => true): readonly (readonly [string, Task])[] {
  return faults.filter(isMeant).map((fault) => [nameOf({ ...fault, isStubborn }), { ...fault, isStubborn }]);
}

/** What a failure shows. */
function told(outcome: string | undefined, runs: readonly RunView[]): object {
  return { outcome, runs: runs.map(({ rule, phase, reason }) => ({ rule, phase, reason })) };
}

function callsIn({ journal }: RunView): readonly object[] {
  return journal.filter(({ type }) => type === 'person-called');
}

function hasActed({ rungs }: RunView): boolean {
  return rungs.some(({ steps }) => steps.some(({ changes, finishedAt }) => changes.length > 0 && finishedAt !== null));
}

describe('game days with real Prometheus, Alertmanager and databases', { timeout: 60_000 }, () => {
  const results = new Map<string, Played | Error>();
  const opened: Surroundings[] = [];

  beforeAll(async () => {
    await Promise.all(lanes.map(({ speed, waves }) => playLane(speed, waves)));
  }, 420_000);

  afterAll(async () => {
    await Promise.all(opened.map((surroundings) => surroundings.close()));
  });

  async function playLane(speed: number, waves: readonly Wave[]): Promise<void> {
    const platforms = [...new Set(waves.flat().map(({ platform }) => platform))];
    const surroundings = await openSurroundings({ speed, path: process.env['PATH'] ?? '', platforms });
    opened.push(surroundings);
    for (const wave of waves) {
      const found = await playWave(surroundings, wave);
      for (const [index, task] of wave.entries()) results.set(nameOf(task), found[index] ?? new Error('not played'));
    }
  }

  function played(platform: string, fault: string, isStubborn = false): Played {
    const result = results.get(nameOf({ platform, fault, isStubborn }));
    if (result === undefined || result instanceof Error) throw new Error(`${platform}: ${fault} was not played`, { cause: result });
    return result;
  }

  it('have all that they need', () => {
    expect(opened.flatMap(({ missing }) => missing)).toEqual([]);
    expect(opened.map(({ watchers }) => watchers)).not.toContain(undefined);
  });

  it.each(known.map((fault) => [`${fault.platform}: ${fault.fault}`, fault] as const))(
    '%s is told of by shipped alerts',
    (_name, fault) => {
      const shipped = shippedAlerts().filter(({ labels }) => labels['platform'] === fault.platform);
      expect(fault.alerts).not.toEqual([]);
      expect(shipped.map(({ alert }) => alert)).toEqual(expect.arrayContaining([...fault.alerts]));
    },
  );

  it.each(named(false, ({ isForPeople }) => !isForPeople))('%s is cured, on positive evidence', (_name, { platform, fault }) => {
    const { ending, runs, patient, firing } = played(platform, fault);
    expect(told(ending.outcome, runs)).toMatchObject({ outcome: 'recovered' });
    expect(patient).toMatchObject({ isUnwell: false, unwell: [] });
    expect(firing).toEqual([]);
    expect(runs.flatMap(callsIn)).toEqual([]);
    const good = runs.filter(({ phase }) => phase === 'succeeded').map(({ rungs }) => rungs.flatMap(({ verdicts }) => verdicts));
    expect(good.length).toBeGreaterThan(0);
    for (const verdicts of good)
      expect(verdicts.filter(({ check, verdict }) => check !== 'alertResolved' && verdict === 'passed').length).toBeGreaterThan(0);
  });

  it.each([...named(false, ({ isForPeople }) => isForPeople), ...named(true)])(
    '%s ends with one call to a person for each incident, and nothing is done twice',
    (_name, { platform, fault, isStubborn }) => {
      const { ending, runs, patient } = played(platform, fault, isStubborn);
      expect(told(ending.outcome, runs)).toMatchObject({ outcome: 'called' });
      expect(patient.isUnwell).toBe(true);
      const failed = new Set(runs.filter(({ phase }) => phase === 'failed').map(({ incident }) => incident));
      expect(failed.size).toBeGreaterThan(0);
      for (const incident of failed) {
        const own = runs.filter((run) => run.incident === incident);
        expect(own.flatMap(callsIn)).toHaveLength(1);
        expect(own.filter(hasActed).length).toBeLessThanOrEqual(1);
      }
    },
  );

  it('are told in docs/game-days.md (UPDATE_DOCS=1 rewrites the table)', () => {
    const url = new URL('../../docs/game-days.md', import.meta.url);
    const text = readFileSync(url, 'utf8');
    const before = tableIn(text);
    const made = gameDayTable(faults.map(rowOf));
    // What was cut off has shown nothing, and is not to be written down.
    expect([...made, ...before].filter((line) => line.includes('| not over |'))).toEqual([]);
    const isPlayed = (line: string) =>
      faults.some(({ platform, fault }) => line.startsWith(`| ${platform} `) && line.includes(`→ ${fault} |`));
    const all = [...made, ...before.slice(2).filter((line) => !isPlayed(line))];
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(url, text.replace(before.join('\n'), all.join('\n')));
    expect(new Set(withoutTimes(tableIn(readFileSync(url, 'utf8'))))).toEqual(new Set(withoutTimes(all)));
  });

  function rowOf({ platform, fault, alerts }: KnownFault): GameDayRow {
    const { ending, runs } = played(platform, fault);
    const rules = [
      ...new Map(runs.filter(({ alert }) => alerts.includes(alert.labels['alertname'] ?? '')).map((run) => [run.rule, run])).values(),
    ];
    const speed = runs[0]?.speed ?? 1;
    return {
      platform,
      fault,
      alerts,
      rules: rules.map(({ rule, rungs }) => ({ rule, ladder: rungs.map(({ remediation }) => remediation) })),
      outcome: ending.outcome ?? 'not over',
      stubbornOutcome: played(platform, fault, true).ending.outcome ?? 'not over',
      secondsToEnd: ((ending.endedAt - ending.injectedAt) * speed) / 1000,
    };
  }

  describe.runIf(wanted === undefined || wanted === 'all' || wanted === 'llm-guardrails')('of the LLM Guardrails Platform', () => {
    it('scale the model when HighLatencyP99 fires, once', () => {
      const { runs, changes } = played('llm-guardrails', 'high-latency');
      const [run, ...others] = runs.filter(({ rule }) => rule === 'guardrails-high-latency');
      expect(others).toEqual([]);
      expect(run).toMatchObject({
        phase: 'succeeded',
        attempt: 1,
        mode: 'auto',
        subject: 'kubernetes/default/guardrails-platform/deployment.apps/model-prompt-guard',
      });
      const changed = run?.rungs.flatMap(({ steps }) => steps).flatMap((step) => step.changes);
      // As many as serve twice the requests that a real Prometheus has counted, at the latency of good times.
      const rps = run?.rungs.find(({ remediation }) => remediation === 'scale-to-demand')?.values['rps'] ?? Number.NaN;
      expect(changed).toEqual([{ what: 'spec.replicas', from: 3, to: Math.ceil(((rps * 70) / 1000) * 2) }]);
      expect(changed?.[0]?.to).toBeGreaterThanOrEqual(6);
      expect(changed?.[0]?.to).toBeLessThanOrEqual(14);
      expect(run?.rungs.flatMap(({ verdicts }) => verdicts)).toContainEqual(
        expect.objectContaining({ check: 'promql', verdict: 'passed' }),
      );
      expect(changes.filter(({ path }) => path.includes('/deployments/model-prompt-guard'))).toHaveLength(1);
    });

    it('restart the models one after the other when AllModelsDown fires', () => {
      const { runs } = played('llm-guardrails', 'all-models-down');
      const run = runs.find(({ rule }) => rule === 'guardrails-all-models-down');
      expect(run).toMatchObject({ phase: 'succeeded' });
      expect(run?.rungs[0]?.steps.filter(({ action }) => action === 'kubernetes.restart')).toHaveLength(4);
      expect(run?.rungs[0]?.verdicts.map(({ verdict }) => verdict)).toEqual(['passed', 'passed']);
    });

    it('restart the database once, say that it did not help, and leave it at one call', () => {
      const { runs, calls, changes } = played('llm-guardrails', 'database-down', true);
      const own = runs.filter(({ rule }) => rule === 'guardrails-database-down');
      expect(own[0]?.phase).toBe('failed');
      expect(own[0]?.reason).toContain('did not help');
      expect(own.filter(hasActed)).toHaveLength(1);
      expect(changes.filter(({ path }) => path.endsWith('/statefulsets/postgresql'))).toHaveLength(1);
      expect(calls.filter((incident) => incident === own[0]?.incident)).toHaveLength(1);
    });

    it('are not fooled by a remediation that does not cure, though its rollout completes; the incident closes with what does', async () => {
      const servers = opened.find(({ platforms }) => platforms.includes('llm-guardrails'));
      if (servers === undefined) throw new Error('no servers');
      const rules = join(servers.folder, 'wrong-rules');
      mkdirSync(rules);
      writeFileSync(join(rules, 'wrong.yaml'), wrongRule);
      const day = await openDay(servers, { ...shippedFolders, rules });
      try {
        const api = new ApiClient(day.service.url, servers.watchers?.token);
        const given = { platform: 'llm-guardrails', fault: 'high-latency', isStubborn: false, labels: {} };
        const wish = { clock: systemClock(), given, alerts: ['HighLatencyP99'], approves: false, longestMs: 40_000 };
        const { outcome, runs } = await followFault(day, { ...wish, signal: new AbortController().signal, tell: () => undefined });
        expect(outcome).toBe('called');
        const run = await api.run(runs[0]?.id ?? '');
        expect(run).toMatchObject({ rule: 'wrong-cure', phase: 'failed' });
        expect(run.rungs[0]?.verdicts).toEqual([
          expect.objectContaining({ check: 'rolloutComplete', verdict: 'passed' }),
          expect.objectContaining({ check: 'promql', verdict: 'failed' }),
        ]);
        expect((await day.patient('llm-guardrails')).faults).toMatchObject([{ fault: 'high-latency', isCured: false }]);
        const kept = async () => (await api.get<{ notifications: object[] }>('/api/v1/notifications?limit=500')).notifications.length;
        const before = await kept();
        await api.post('/api/v1/webhook/default', webhookBody([{ labels: { ...run.alert.labels }, fingerprint: run.alert.fingerprint }]));
        await waitUntil(async () => (await kept()) > before, { describe: 'the repeated alert to be taken in' });
        expect((await calledAt(servers)).filter((incident) => incident === run.incident)).toHaveLength(1);
        expect(callsIn(await api.run(run.id))).toHaveLength(1);
        expect(await api.runs()).toHaveLength(1);
        // The cure comes from a person.
        const deployment = `${day.service.sandbox?.kubernetesUrl}/apis/apps/v1/namespaces/guardrails-platform/deployments/model-prompt-guard`;
        const headers = { 'content-type': 'application/merge-patch+json' };
        await fetch(deployment, { method: 'PATCH', headers, body: JSON.stringify({ spec: { replicas: 6 } }) });
        const open = async () => (await api.get<{ incidents: object[] }>('/api/v1/incidents?state=open')).incidents;
        await waitUntil(async () => (await open()).length === 0, { timeoutMs: 40_000, describe: 'the incident to close' });
      } finally {
        await day.close();
      }
    });
  });
});
