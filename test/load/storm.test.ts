import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFixpoint, type FixpointServer } from '../support/fixpoint.ts';
import { startRedis, type RedisServer } from '../support/redis.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitUntil } from '../support/wait-until.ts';
import { startFiringAlertmanager, startTargetFleet, type Hit, type TargetFleet } from './target-fleet.ts';

const subjects = 500;
const alertsEach = 20;
const workers = 4;
/** Services that two rules want to act on, each once and each for alerts of its own, which come first. */
const shared = 40;
const limits = { rate: { count: 60, windowMs: 40_000 }, concurrency: 12 };
/** An effect starts so long after it was granted at most, ms: the service's own bound. */
const admissionAge = 10_000;
/** Waves of the rate that have to be seen. */
const enough = 2 * limits.rate.count;

const rules = ['Ill', 'IllToo'].map(
  (alert) => `
  - name: storm-${alert.toLowerCase()}
    summary: Every service of many is ill
    match: ['alertname="${alert}"']
    subject: 'http/127.0.0.1:\${labels.port}'
    mode: auto
    ladder: [{ remediation: cure, with: { connection: '\${labels.service}', path: /cure/${alert} } }]
    guards: { cooldown: 1h, attempts: 1, blastRadius: { targets: 1000 }, concurrency: 1000 }
    verify: { within: 30s, checks: [{ http: { connection: '\${labels.service}', path: /health, times: 1 } }] }
`,
);

const remediation = `
name: cure
summary: One POST
params: { connection: { type: string }, path: { type: string } }
steps:
  - id: cure
    action: http.request
    with: { connection: '\${params.connection}', method: POST, path: '\${params.path}', unless: { path: '\${params.path}', pointer: /done, equals: true } }
`;

function configuration(ports: readonly number[], alertmanager: string): string {
  const { rate, concurrency } = limits;
  return `
sources: { default: { evidence: api, alertmanager: '${alertmanager}' } }
limits:
  rate: { global: ${rate.count}/${rate.windowMs}ms, target: 2/1h }
  concurrency: { global: ${concurrency} }
  storm: { subjects: 1000, alerts: 100000 }
defaults: { targetCooldown: 1ms }
history: { none: true }
http:
${ports.map((port, index) => `  service-${index}: { origin: 'http://127.0.0.1:${port}' }`).join('\n')}
`;
}

/** What the targets' own logs say: the most of anything in any interval, and two at once on one target. */
function mostWithin(times: readonly number[], length: number): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at <= from + length).length));
}

function mostAtOnce(hits: readonly Hit[]): number {
  return Math.max(...hits.map(({ beganAt }) => hits.filter((other) => other.beganAt <= beganAt && other.endedAt > beganAt).length));
}

/** What was done to each target to which more than one thing was done. */
function hitTwice({ hits }: Pick<TargetFleet, 'hits'>): readonly TargetFleet['hits'][] {
  return [...Map.groupBy(hits, ({ target }) => target).values()].filter((own) => own.length > 1);
}

describe('a storm of 10,000 alerts on 500 subjects through four workers', { timeout: 300_000 }, () => {
  const folder = temporaryFolder();
  const services: FixpointServer[] = [];
  let redis: RedisServer;
  let fleet: TargetFleet;
  let alertmanager: Awaited<ReturnType<typeof startFiringAlertmanager>>;

  beforeAll(async () => {
    redis = await startRedis({ args: ['--appendonly', 'yes'] });
    fleet = await startTargetFleet(subjects);
    const alertOf = (alertname: string, service: number, pod: number) => ({
      fingerprint: `${alertname}-${service}-${pod}`,
      labels: { alertname, service: `service-${service}`, port: String(fleet.ports[service]), pod: `${alertname}-${service}-${pod}` },
    });
    const alerts = fleet.ports.flatMap((_port, service) => [
      ...(service < shared ? [alertOf('IllToo', service, 0)] : []),
      ...Array.from({ length: alertsEach }, (_none, pod) => alertOf('Ill', service, pod)),
    ]);
    alertmanager = await startFiringAlertmanager(alerts);
    for (const name of ['rules', 'remediations']) mkdirSync(join(folder.path, name));
    writeFileSync(join(folder.path, 'rules', 'storm.yaml'), `rules:\n${rules.join('')}`);
    writeFileSync(join(folder.path, 'remediations', 'cure.yaml'), remediation);
    writeFileSync(join(folder.path, 'fixpoint.yaml'), configuration(fleet.ports, alertmanager.origin));
    const at = (name: string) => join(folder.path, name);
    const args = ['--redis', redis.url, '--config', at('fixpoint.yaml'), '--rules', at('rules'), '--remediations', at('remediations')];
    const roles = ['api', ...Array.from({ length: workers }, () => 'worker')];
    const start = (role: string) => startFixpoint({ args: ['--role', role, '--log-level', 'error', ...args] });
    services.push(...(await Promise.all(roles.map(start))));
    const [api] = services;
    const post = async (some: typeof alerts): Promise<void> => {
      for (let from = 0; from < some.length; from += 100) {
        const body = JSON.stringify({
          version: '4',
          alerts: some
            .slice(from, from + 100)
            .map((alert) => ({ status: 'firing', startsAt: '2026-01-01T00:00:00Z', annotations: {}, ...alert })),
        });
        const response = await fetch(`${api?.url}/api/v1/webhook/default`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        });
        expect(response.status).toBe(202);
      }
    };
    const until = async (isSo: () => boolean): Promise<unknown> =>
      await waitUntil(isSo, {
        timeoutMs: 180_000,
        intervalMs: 200,
        describe: () => `${enough} effects; there are ${fleet.hits.length}; ${services.map((service) => service.output()).join('\n')}`,
      });
    // What waits for its target is not left behind by all that come meanwhile: it would be waves of the rate until enough of it is seen.
    const first = shared * (alertsEach + 1);
    await post(alerts.slice(0, first));
    await until(() => hitTwice(fleet).length > shared / 4);
    await post(alerts.slice(first));
    await until(() => fleet.hits.length >= enough);
  }, 290_000);

  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await alertmanager?.[Symbol.asyncDispose]();
    await fleet?.close();
    await redis?.stop();
    folder.remove();
  });

  it('does nothing twice to a target, and nothing while something else is done to it', () => {
    const done = fleet.hits.map(({ target, path }) => `${target} ${path}`);
    expect(new Set(done).size).toBe(done.length);
    const both = hitTwice(fleet);
    expect(both.length).toBeGreaterThan(shared / 4);
    expect(both.filter((hits) => mostAtOnce(hits) > 1)).toEqual([]);
  });

  it('keeps to the rate in every interval', () => {
    const { count, windowMs } = limits.rate;
    const times = fleet.hits.map(({ beganAt }) => beganAt);
    // What arrives within an interval was granted within it or before it by the age of an admission at most.
    expect(mostWithin(times, windowMs - admissionAge)).toBeLessThanOrEqual(count);
    const spanMs = Math.max(...times) - Math.min(...times);
    expect(times.length).toBeLessThanOrEqual(count * (Math.floor((spanMs + admissionAge) / windowMs) + 1));
  });

  it('does no more at once than it may', () => {
    expect(mostAtOnce(fleet.hits)).toBeLessThanOrEqual(limits.concurrency);
    expect(mostAtOnce(fleet.hits)).toBeGreaterThan(1);
  });
});
