import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Ward } from '../ward.ts';
import { describeFaults, type Act, type FaultCase } from './fault-cases.ts';

const models = ['model-prompt-guard', 'model-pii-detect', 'model-hate-detect', 'model-content-class'];
const p99 = 'guardrail:request_latency_seconds:p99';
const breakers = 'guardrail:circuit_breakers_open:count';
const pool = 'llm_research:db_pool_connections:ratio';

const restartModels: Act = (on) => {
  for (const model of models) on.restart(model);
};
const raisePool: Act = async (on) => {
  on.setPool(100);
  await on.pass(2);
  on.restartResearch();
};

const promote: Act = (on) => on.exec('postgresql-1', 'pg_ctlcluster', '15', 'main', 'promote');

const cases: readonly FaultCase[] = [
  {
    platform: 'llm-guardrails',
    fault: 'high-latency',
    selector: p99,
    isFiring: (value) => value > 0.1,
    cure: (on) => on.scale('model-prompt-guard', 6),
    wrongCures: {
      'a restart': (on) => on.restart('model-prompt-guard'),
      'one pod more': (on) => on.scale('model-prompt-guard', 4),
      'another model scaled': (on) => on.scale('model-pii-detect', 9),
      'closing a breaker': (on) => on.closeBreaker('prompt-guard'),
    },
  },
  {
    platform: 'llm-guardrails',
    fault: 'stuck-breaker',
    selector: p99,
    isFiring: (value) => value > 0.1,
    cure: (on) => on.closeBreaker('prompt-guard'),
    wrongCures: {
      'more pods': (on) => on.scale('model-prompt-guard', 9),
      'a restart': (on) => on.restart('model-prompt-guard'),
      'closing another breaker': (on) => on.closeBreaker('pii-detect'),
    },
  },
  {
    platform: 'llm-guardrails',
    fault: 'all-models-down',
    selector: breakers,
    isFiring: (value) => value === 4,
    cure: restartModels,
    wrongCures: {
      'closing the breakers': async (on) => {
        for (const model of models) await on.closeBreaker(model.replace('model-', ''));
        await on.pass(5);
      },
      'more pods': (on) => on.scale('model-prompt-guard', 9),
      'a restart of the server': (on) => on.restart('guardrail-server'),
    },
  },
  {
    platform: 'llm-guardrails',
    fault: 'database-down',
    selector: 'pg_up{platform="llm-guardrails"}',
    isFiring: (value) => value === 0,
    cure: (on) => on.restart('postgresql', 'StatefulSet'),
    wrongCures: {
      'a restart of the API': (on) => on.restart('platform-api'),
      'a restart of the cache': (on) => on.restart('redis', 'StatefulSet'),
    },
  },
  {
    platform: 'llm-guardrails',
    fault: 'primary-lost',
    selector: 'pg_up{platform="llm-guardrails"}',
    isFiring: (value) => value === 0,
    cure: promote,
    wrongCures: {
      'a restart': (on) => on.restart('postgresql', 'StatefulSet'),
      'a restart of the API': (on) => on.restart('platform-api'),
      'promoting the primary': (on) => on.exec('postgresql-0', 'pg_ctlcluster', '15', 'main', 'promote'),
      'another command': (on) => on.exec('postgresql-1', 'pg_ctlcluster', '15', 'main', 'reload'),
      'a backup': (on) => on.runJob('postgresql-backup'),
    },
  },
  {
    platform: 'llm-guardrails',
    fault: 'data-lost',
    selector: 'pg_up{platform="llm-guardrails"}',
    isFiring: (value) => value === 0,
    cure: async (on) => {
      on.runJob('postgresql-restore');
      await on.pass(10);
    },
    wrongCures: {
      'a restart': (on) => on.restart('postgresql', 'StatefulSet'),
      'promoting the standby': promote,
      'a backup': (on) => on.runJob('postgresql-backup'),
    },
  },
  {
    platform: 'llm-guardrails',
    fault: 'single-model-down',
    selector: 'guardrail_circuit_breaker_state{model="prompt-guard"}',
    isFiring: (value) => value === 1,
    cure: (on) => on.restart('model-prompt-guard'),
    wrongCures: {
      'a restart of another model': (on) => on.restart('model-pii-detect'),
      'more pods': (on) => on.scale('model-prompt-guard', 9),
    },
  },
  {
    platform: 'llm-guardrails',
    fault: 'single-model-down',
    labels: { model: 'hate-detect' },
    selector: 'guardrail_circuit_breaker_state{model="hate-detect"}',
    isFiring: (value) => value === 1,
    cure: (on) => on.restart('model-hate-detect'),
    wrongCures: {
      'a restart of another model': (on) => on.restart('model-prompt-guard'),
      'closing the breaker': async (on) => {
        await on.closeBreaker('hate-detect');
        await on.pass(5);
      },
    },
  },
  {
    platform: 'llm-research',
    fault: 'pool-exhausted',
    selector: pool,
    isFiring: (value) => value > 0.9,
    cure: raisePool,
    wrongCures: {
      'the setting alone': (on) => on.setPool(100),
      'a restart alone': (on) => on.restartResearch(),
      'a pool still too small': async (on) => {
        on.setPool(40);
        await on.pass(2);
        on.restartResearch();
      },
      'a restart before the setting': async (on) => {
        on.restartResearch();
        await on.pass(30);
        on.setPool(100);
      },
    },
  },
  {
    platform: 'llm-research',
    fault: 'high-error-rate',
    selector: 'llm_research:http_requests:error_ratio',
    isFiring: (value) => value > 0.01,
    cure: (on) => on.setResearchImage('llm-research/llm-research-api:1.4.2'),
    wrongCures: { 'a restart': (on) => on.restartResearch(), 'a larger pool': raisePool },
  },
];

describeFaults(cases);

describe('the database of the guardrails platform', () => {
  let ward: Ward;
  beforeEach(() => {
    ward = new Ward({ platforms: ['llm-guardrails'] });
  });
  afterEach(() => ward.sandbox.close());

  const readyPods = () =>
    ward.sandbox.cluster
      .list('Pod', 'guardrails-platform', { app: 'postgresql' })
      .filter(({ status }) =>
        (status as { conditions: { type: string; status: string }[] }).conditions.some(
          (one) => one.type === 'Ready' && one.status === 'True',
        ),
      )
      .map(({ metadata }) => metadata.name);

  it('has a primary that is not ready while its disk is gone, also when its pod is made anew, and is whole again after', async () => {
    ward.sandbox.inject('llm-guardrails', 'primary-lost');
    await ward.pass(5);
    expect(readyPods()).toEqual(['postgresql-1']);
    const pod = ward.sandbox.cluster.get('Pod', 'guardrails-platform', 'postgresql-0');
    if (pod !== undefined) ward.sandbox.cluster.delete(pod);
    await ward.pass(20);
    expect(readyPods()).toEqual(['postgresql-1']);
    expect(await ward.query('pg_replication_lag_seconds{platform="llm-guardrails"}')).toEqual([2.5]);
    await ward.exec('postgresql-1', 'pg_ctlcluster', '15', 'main', 'promote');
    await ward.pass(5);
    expect(readyPods()).toEqual(['postgresql-0', 'postgresql-1']);
    expect(await ward.query('pg_replication_lag_seconds{platform="llm-guardrails"}')).toEqual([0.4]);
  });

  it('has a backup of last night', () => {
    const cronJob = ward.sandbox.cluster.get('CronJob', 'guardrails-platform', 'postgresql-backup');
    expect(cronJob?.['status']).toMatchObject({ lastSuccessfulTime: expect.stringMatching(/^2026-01-01T00:00/) as string });
  });

  it('cannot have faults of a cache that is not real', () => {
    expect(ward.sandbox.inject('llm-guardrails', 'memory-full')).toBe(false);
    expect(ward.sandbox.inject('llm-guardrails', 'stale-cache-stubborn')).toBe(false);
  });
});
