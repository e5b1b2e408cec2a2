import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ward } from '../ward.ts';
import { allOf, describeFaults, editContainer, runCronJob, scaleTo, setEnv, type Act } from './fault-cases.ts';

const platform = 'ai-gatekeeper';
const app = { namespace: 'ai-gatekeeper', name: 'ai-gatekeeper' };

const largerPool = setEnv(app, { DB_POOL_SIZE: '30', DB_MAX_OVERFLOW: '20' });
const smallerPool = setEnv(app, { DB_POOL_SIZE: '20', DB_MAX_OVERFLOW: '10' });
const moreMemory = editContainer(app, (container) => ({ ...container, resources: { limits: { cpu: '2', memory: '4Gi' } } }));
const restart: Act = (ward) => ward.restart(app.name, 'Deployment', app.namespace);
const image = (version: string) => editContainer(app, (container) => ({ ...container, image: `ai-gatekeeper/ai-gatekeeper:${version}` }));

describeFaults([
  {
    platform,
    fault: 'pool-exhaustion',
    selector: 'ai_gatekeeper:db_pool:ratio',
    isFiring: (value) => value > 0.9,
    cure: largerPool,
    undo: smallerPool,
    wrongCures: { 'more pods': scaleTo(app, 6), 'a restart': restart, 'a pool still too small': setEnv(app, { DB_POOL_SIZE: '25' }) },
  },
  {
    platform,
    fault: 'request-surge',
    selector: 'ai_gatekeeper:db_pool:ratio',
    isFiring: (value) => value > 0.9,
    cure: allOf(largerPool, scaleTo(app, 5)),
    undo: smallerPool,
    wrongCures: { 'a larger pool alone': largerPool, 'more pods alone': allOf(smallerPool, scaleTo(app, 5)), 'more memory': moreMemory },
  },
  {
    platform,
    fault: 'high-memory',
    selector: 'ai_gatekeeper:memory:ratio',
    isFiring: (value) => value > 0.9,
    cure: moreMemory,
    undo: editContainer(app, (container) => ({ ...container, resources: { limits: { cpu: '1', memory: '2Gi' } } })),
    wrongCures: { 'a restart': restart, 'more pods': scaleTo(app, 6), 'a larger pool': largerPool },
  },
  {
    platform,
    fault: 'bad-release',
    selector: 'ai_gatekeeper:http_requests:error_ratio',
    isFiring: (value) => value > 0.05,
    cure: image('3.1.0'),
    wrongCures: { 'a restart': restart, 'more pods': scaleTo(app, 6), 'more memory': moreMemory },
  },
  {
    platform,
    fault: 'startup-failure',
    selector: 'ai_gatekeeper:pods_not_starting:count',
    isFiring: (value) => value > 0,
    cure: setEnv(app, { POLICY_MODE: 'balanced' }),
    wrongCures: { 'a restart': restart, 'another wrong setting': setEnv(app, { POLICY_MODE: 'none' }), 'more memory': moreMemory },
  },
]);

describe('AI Gatekeeper', () => {
  let ward: Ward;
  beforeEach(() => {
    ward = new Ward({ platforms: [platform] });
  });
  afterEach(() => ward.sandbox.close());

  const metrics = async (): Promise<string> => (await ward.ask(platform, 'GET /api/monitoring/metrics?format=prometheus')).body;

  it('says how full its pool is, by its own thresholds', async () => {
    const status = async () => (await ward.ask(platform, 'GET /api/monitoring/db-pool-status')).json();
    expect(await status()).toEqual({ status: 'healthy', pool: { size: 20, max_overflow: 10, checked_out: 12, utilization_percent: 40 } });
    ward.sandbox.inject(platform, 'pool-exhaustion');
    expect(await status()).toMatchObject({ status: 'critical', pool: { checked_out: 30 } });
    expect(await ward.ask(platform, 'GET /api/monitoring/health')).toMatchObject({ status: 503 });
    await largerPool(ward);
    await ward.pass(60);
    expect(await status()).toMatchObject({ status: 'warning', pool: { size: 30, max_overflow: 20, checked_out: 40 } });
    expect(await ward.ask(platform, 'GET /api/monitoring/health')).toMatchObject({ status: 200 });
  });

  it('tells the same raw and recorded', async () => {
    ward.sandbox.inject(platform, 'bad-release');
    await ward.pass(60);
    const counted = async () =>
      [200, 500].map(async (status) => Number(new RegExp(`http_requests_total\\{status="${status}"\\} (\\d+)`).exec(await metrics())?.[1]));
    const [good = 0, bad = 0] = await Promise.all(await counted());
    await ward.pass(100);
    const [moreGood = 0, moreBad = 0] = await Promise.all(await counted());
    const [ratio = NaN] = await ward.query('ai_gatekeeper:http_requests:error_ratio');
    expect((moreBad - bad) / (moreBad - bad + moreGood - good)).toBeCloseTo(ratio, 2);
    expect(await metrics()).toContain('db_pool_checked_out 12\n');
    expect(await metrics()).toContain('pg_stat_activity_count{usename="reports",state="idle"} 12\n');
    expect(await ward.query('ai_gatekeeper:db_connections_for_pools:count')).toEqual([400 - 3 - 12]);
  });

  it('says in its log why it does not start', async () => {
    ward.sandbox.inject(platform, 'startup-failure');
    await ward.pass(60);
    const pods = ward.sandbox.cluster.list('Pod', app.namespace, { app: app.name });
    const logs = await Promise.all(
      pods.map(
        async ({ metadata }) => (await ward.ask('kubernetes', `GET /api/v1/namespaces/${app.namespace}/pods/${metadata.name}/log`)).body,
      ),
    );
    expect(logs.filter((log) => log.includes('validation: policy_mode must be strict or balanced, not "strickt"'))).toHaveLength(1);
    // What ran before goes on: only the new pod does not start.
    expect(await ward.ask(platform, 'GET /health')).toMatchObject({ status: 200 });
  });

  it('has backups that can be made by hand, and makes none by itself', async () => {
    const jobs = () => ward.sandbox.cluster.list('Job', app.namespace).map(({ metadata, status }) => [metadata.name, status]);
    expect(jobs()).toEqual([]);
    await runCronJob(app.namespace, 'postgres-backup')(ward);
    await ward.pass(30);
    expect(jobs()).toMatchObject([[expect.stringContaining('postgres-backup'), { succeeded: 1 }]]);
  });
});
