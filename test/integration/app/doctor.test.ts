import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manualClock } from '../../../src/adapters/clock/manual-clock.ts';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { diagnose } from '../../../src/app/doctor/diagnose.ts';
import { areas, type Finding } from '../../../src/app/doctor/finding.ts';
import { keepExamining } from '../../../src/app/doctor/keep-examining.ts';
import { connectOutside } from '../../../src/app/outside.ts';
import { loadRules } from '../../../src/app/rulebook-shelf.ts';
import { withSandbox } from '../../../src/app/sandbox-config.ts';
import { shapes } from '../../../src/app/shapes.ts';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createSandbox, type Sandbox } from '../../../src/sandbox/sandbox.ts';
import type { SandboxAddresses } from '../../../src/sandbox/sandbox-addresses.ts';
import { Secret } from '../../../src/value/secret.ts';
import { startRedis, type RedisServer } from '../../support/redis.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { quietLog } from '../../contract/quiet-log.ts';
import { serve } from '../http/served.ts';
import { declaredRedis } from './declared-redis.ts';
import { withRemediation, withRule } from './files-besides.ts';

const root = new URL('../../../', import.meta.url).pathname;
let sandbox: Sandbox;
let addresses: SandboxAddresses;
let cache: RedisServer;

beforeAll(async () => {
  [cache, sandbox] = [await startRedis(), createSandbox({ speed: 50, wallNow: () => Date.now() })];
  addresses = await sandbox.listen();
  await sandbox.whenRunning();
});
afterAll(async () => void (await Promise.all([sandbox.close(), cache.stop()])));

function shipped(change: (config: Config) => Partial<Config> = () => ({})): Config {
  const given = loadConfig({ rules: `${root}rules`, remediations: `${root}remediations` }, {});
  const declared = { ...given, redisTargets: declaredRedis(cache, sandbox.platforms) };
  const { config } = withSandbox(declared, addresses, sandbox.platforms);
  return { ...config, ...change(config) };
}

const wrong = (findings: readonly Finding[]) => findings.filter(({ verdict }) => verdict !== 'ok');
const examined = async (config: Config) => wrong(await diagnose(config, { isSandbox: false }));

const healing = (name: string, query: string) => `
name: heal
summary: heal
match: ['alertname="A"']
mode: auto
ladder: [{ remediation: restart-deployment, with: { namespace: guardrails-platform, name: ${name} } }]
verify: { checks: [{ promql: { query: '${query}', expect: value < 1.0, window: 15s } }] }`;

describe('the doctor', () => {
  it('finds nothing wrong with the shipped rules on the sandbox', async () => {
    const findings = await diagnose(shipped(), { isSandbox: false });
    expect(wrong(findings)).toEqual([]);
    expect(new Set(findings.map(({ area }) => area))).toEqual(
      new Set(['rights', 'targets', 'http', 'queries', 'redis', 'postgres', 'evidence', 'escalation']),
    );
  });

  it('finds a target that is not there, and who would act on it', async () => {
    using folder = temporaryFolder();
    const config = shipped(() => withRule(folder.path, healing('model-nope', 'pg_up')));
    expect(await examined(config)).toEqual([
      {
        area: 'targets',
        about: 'kubernetes/default/guardrails-platform/deployment.apps/model-nope',
        verdict: 'problem',
        message: 'does not exist, and heal would act on it',
        fix: 'mend the name in the rule, or create the object',
      },
    ]);
  });

  it.each([
    ['pg_up{platform="nowhere"}', 'pg_up{platform="nowhere"} has no data: a check of it never passes'],
    ['rate(pg_up)', 'query `rate(pg_up)`'],
  ])('finds a query that is of no use: %s', async (query, message) => {
    using folder = temporaryFolder();
    const findings = await examined(shipped(() => withRule(folder.path, healing('model-prompt-guard', query))));
    expect(findings).toMatchObject([
      { area: 'queries', about: 'heal', verdict: 'problem', message: expect.stringContaining(message) as string },
    ]);
  });

  it('finds a cluster that does not take its questions', async () => {
    const end = sandbox.kubernetes.faults.set(/selfsubjectaccessreviews/, { status: 403 });
    try {
      const findings = await examined(shipped());
      expect(findings).toMatchObject([
        { area: 'rights', about: 'cluster default', verdict: 'problem', message: expect.stringMatching(/; \d+ rules need it$/) as string },
      ]);
    } finally {
      end();
    }
  });

  it('finds a service that does not answer, and one that nobody configured', async () => {
    const findings = await examined(
      shipped(({ http }) => ({
        http: new Map(
          [...http]
            .filter(([name]) => name !== 'platform-api')
            .map(([name, each]) => [name, name === 'guardrail-server' ? { ...each, origin: 'http://127.0.0.1:9' } : each]),
        ),
      })),
    );
    expect(findings).toMatchObject([
      { area: 'http', about: 'http.guardrail-server', verdict: 'problem' },
      { area: 'http', about: 'http.platform-api', verdict: 'problem', message: expect.stringContaining('is not configured') as string },
    ]);
  });

  it('finds channels that lead nowhere', async () => {
    const findings = await examined(
      shipped(({ sources }) => ({
        escalation: [{ kind: 'webhook', url: 'http://127.0.0.1:9/hook', format: 'json', headers: {} }],
        sources: sources.map((source, index) =>
          index === 0 ? { ...source, alertmanager: 'http://127.0.0.1:9' } : { ...source, evidence: 'receipt' },
        ),
      })),
    );
    expect(findings).toMatchObject([
      { area: 'evidence', about: 'sources.llm-guardrails', verdict: 'problem' },
      ...sandbox.platforms.slice(1).map(({ name }) => ({ area: 'evidence', about: `sources.${name}`, verdict: 'warning' })),
      { area: 'escalation', about: 'escalation[0]', verdict: 'problem' },
    ]);
    const notice = { on: [], channel: { kind: 'alertmanager', url: 'http://127.0.0.1:9' } } as const;
    expect(await examined(shipped(() => ({ notices: [notice] })))).toMatchObject([{ area: 'escalation', about: 'notices[0].channel' }]);
    expect(await examined(shipped(() => ({ escalation: [] })))).toMatchObject([{ message: 'nobody is called when a remediation fails' }]);
  });

  it.each([
    [404, 'nothing is there'],
    [500, 'answers HTTP 500'],
    [503, 'answers HTTP 503'],
    [401, 'the credential is not accepted'],
  ])('finds a webhook that answers %d', async (status, message) => {
    await using server = await serve((_request, response) => void response.writeHead(status).end());
    const channel = { kind: 'webhook', url: `${server.origin}/hook`, format: 'json', headers: {} } as const;
    expect(await examined(shipped(() => ({ escalation: [channel] })))).toMatchObject([
      { area: 'escalation', about: 'escalation[0]', verdict: 'problem', message: expect.stringContaining(message) as string },
    ]);
  });

  it('takes a webhook that has its credential, and refuses only to be read', async () => {
    await using server = await serve(({ headers }, response) => void response.writeHead(headers['x-key'] === 'right' ? 405 : 401).end());
    const headers = { 'x-key': () => new Secret('right') };
    const channel = { kind: 'webhook', url: () => new Secret(`${server.origin}/hook`), format: 'json', headers } as const;
    expect(await examined(shipped(() => ({ escalation: [channel] })))).toEqual([]);
    expect(server.seen.map(({ method, url }) => `${method} ${url}`)).toEqual(['GET /hook']);
  });

  it('asks what steps ask, also those that wait', async () => {
    using folder = temporaryFolder();
    const config = shipped(() => ({
      ...withRule(folder.path, healing('model-prompt-guard', 'pg_up').replace('restart-deployment', 'ask-around')),
      ...withRemediation(
        folder.path,
        `
name: ask-around
summary: ask around
params: { namespace: { type: string }, name: { type: string } }
steps:
  - { id: pods, action: prometheus.query, with: { query: 'rate(nonsense)' } }
  - { id: none, action: prometheus.query, with: { query: 'pg_up{platform="nowhere"}' } }
  - { id: scaled, action: prometheus.query, with: { query: '\${string(steps.pods.output.count)}' } }
  - { id: tell, action: notify.webhook, with: { connection: pager, title: told, text: told } }
  - { id: wait, action: flow.waitFor, with: { action: http.probe, with: { connection: waited, path: / }, until: output.ok } }
  - { id: gone, action: flow.waitFor, with: { action: prometheus.query, with: { query: 'rate(nothing)', from: default }, until: output.count == 0 } }
  - { id: bounds, action: kubernetes.patch, with: { kind: HorizontalPodAutoscaler, namespace: guardrails-platform, name: no-such, patch: { spec: { maxReplicas: 3 } } } }
  - { id: budget, action: kubernetes.patch, with: { kind: PodDisruptionBudget, namespace: guardrails-platform, name: no-such, patch: { spec: { minAvailable: 1 } } } }
  - { id: route, action: kubernetes.patch, with: { kind: VirtualService, namespace: guardrails-platform, name: no-such, patch: { spec: { http: [] } } } }
`,
      ),
      prometheus: new Map([['default', { url: addresses.prometheusUrl }]]),
    }));
    const findings = (await examined(config)).map(({ area, about, verdict, message }) => `${area} ${about} ${verdict}: ${message}`);
    const missing = (target: string) =>
      `targets kubernetes/default/guardrails-platform/${target} problem: does not exist, and heal would act on it`;
    expect(findings).toEqual([
      missing('horizontalpodautoscaler.autoscaling/no-such'),
      missing('poddisruptionbudget.policy/no-such'),
      missing('virtualservice.networking.istio.io/no-such'),
      'http http.pager problem: is not configured, and heal would use it',
      'http http.waited problem: is not configured, and heal would use it',
      expect.stringMatching(/^queries heal problem: .*nonsense/),
      'queries heal warning: pg_up{platform="nowhere"} has no data: the step that asks it gets no value',
      expect.stringMatching(/^queries heal problem: .*nothing/),
    ]);
  });

  it('finds a Redis that forgets', async () => {
    await using redis = await startRedis();
    const client = new Redis(redis.url);
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru');
    client.disconnect();
    const findings = await examined(shipped(() => ({ redis: () => new Secret(redis.url) })));
    expect(findings.map(({ message }) => message)).toEqual([
      expect.stringContaining('maxmemory-policy is allkeys-lru'),
      expect.stringContaining('appendonly is off'),
    ]);
  });

  it('finds a Redis that a rule acts on', async () => {
    using folder = temporaryFolder();
    const config = shipped(() => ({
      ...withRule(
        folder.path,
        healing('web', 'pg_up').replace('restart-deployment', 'restart-statefulset').replace('name: web', 'name: redis'),
      ),
      redis: () => new Secret('redis://redis.guardrails-platform.svc:6379'),
    }));
    expect(await examined(config)).toContainEqual(
      expect.objectContaining({ area: 'redis', message: expect.stringContaining('rule heal acts on it') as string }),
    );
  });

  it('tells rules that cannot be loaded, and examines what is left', async () => {
    using folder = temporaryFolder();
    const findings = await examined(shipped(() => withRule(folder.path, 'name: broken')));
    expect(findings[0]).toMatchObject({ area: 'rules', verdict: 'problem', fix: 'fixpoint check' });
  });
});

describe('the examination of a service', () => {
  it('counts problems by area, warns once, and again only when something else is wrong', async () => {
    const config = shipped(() => ({ escalation: [] }));
    const { rulebook } = loadRules(config, shapes());
    const own = { redis: () => Promise.resolve(new Set<string>()), postgres: () => Promise.resolve(undefined) };
    const outside = connectOutside(config, { clock: systemClock(), log: quietLog, own });
    const warnings: object[] = [];
    const counted: Readonly<Record<string, number>>[] = [];
    const clock = manualClock();
    const examination = keepExamining({
      config,
      rulebook: () => rulebook ?? ({ rules: [] } as never),
      outside,
      clock,
      log: { ...quietLog, warn: (data) => void warnings.push(data) },
      found: (problems) => void counted.push(problems),
    });
    await expect.poll(() => counted.length, { timeout: 20_000 }).toBe(1);
    await clock.advance(600_000);
    await expect.poll(() => counted.length, { timeout: 20_000 }).toBe(2);
    await examination.stop();
    await outside.close();
    expect(counted[0]).toEqual({ ...Object.fromEntries(areas.map((area) => [area, 0])), escalation: 1 });
    expect(warnings).toEqual([{ problems: 1, first: 'escalation: nobody is called when a remediation fails' }]);
  });

  it('counts an examination that fails as failing, and not as what it found before', async () => {
    const config = shipped();
    const { rulebook } = loadRules(config, shapes());
    const connected = connectOutside(config, { clock: systemClock(), log: quietLog });
    let isBroken = false;
    const broken = () => {
      throw new TypeError('no such thing');
    };
    const prometheus: typeof connected.prometheus = {
      ...connected.prometheus,
      query: async (...given) => (isBroken ? broken() : await connected.prometheus.query(...given)),
    };
    const counted: Readonly<Record<string, number>>[] = [];
    let rules = () => rulebook ?? broken();
    const clock = manualClock();
    const outside = { ...connected, prometheus };
    const found = (problems: Readonly<Record<string, number>>) => void counted.push(problems);
    const examination = keepExamining({ config, rulebook: () => rules(), outside, clock, log: quietLog, found });
    await expect.poll(() => counted.length, { timeout: 20_000 }).toBe(1);
    isBroken = true;
    await clock.advance(600_000);
    await expect.poll(() => counted.length, { timeout: 20_000 }).toBe(2);
    rules = broken;
    await clock.advance(600_000);
    await expect.poll(() => counted.length, { timeout: 20_000 }).toBe(3);
    await examination.stop();
    await connected.close();
    expect(counted[0]).toMatchObject({ queries: 0, http: 0 });
    expect(counted[1]).toMatchObject({ queries: 1, http: 0 });
    expect(new Set(Object.values(counted[2] ?? {}))).toEqual(new Set([1]));
  });
});
