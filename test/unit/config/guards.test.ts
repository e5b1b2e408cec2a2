import { describe, expect, it } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { ownTargets } from '../../../src/config/own-targets.ts';
import { protectedTarget } from '../../../src/guards/protected-target.ts';
import { contextOf, target } from '../guards/guard-context.ts';
import { loadFrom } from './load-from.ts';

const listen = { host: '127.0.0.1', port: 8080 };
const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1', HOSTNAME: 'fixpoint-7d9f8b6c5-x2x9k' };

async function isOwn(name: string, own: readonly string[]): Promise<boolean> {
  const answer = await protectedTarget.evaluate?.(contextOf({ targets: [target(name)], protection: { targets: [], namespaces: [], own } }));
  return answer?.decision === 'deny' && answer.reason.includes("Fixpoint's own");
}

describe('what is Fixpoint’s own', () => {
  it.each([
    ['kubernetes/default/ops/deployment.apps/fixpoint', true],
    ['kubernetes/default/ops/pod/fixpoint-7d9f8b6c5-x2x9k', true],
    ['kubernetes/default/ops/replicaset.apps/fixpoint-7d9f8b6c5', true],
    ['kubernetes/default/ops/statefulset.apps/redis', true],
    ['kubernetes/default/ops/pod/redis-0', true],
    ['kubernetes/default/shop/deployment.apps/fixpoint', false],
    ['kubernetes/default/ops/deployment.apps/other', false],
    ['http/127.0.0.1:8080', true],
    ['http/redis.ops.svc:6379', true],
    ['http/127.0.0.1:8081', false],
  ])('%s: %s', async (name, expected) => {
    const own = ownTargets({ listen, environment: { ...pod, FIXPOINT_NAMESPACE: 'ops' }, redis: [new URL('redis://redis.ops.svc:6379')] });
    expect(await isOwn(name, own)).toBe(expected);
  });

  it('is found by its name in any namespace where its own is not known', async () => {
    const own = ownTargets({ listen, environment: pod, redis: [] });
    expect(await isOwn('kubernetes/default/shop/deployment.apps/fixpoint', own)).toBe(true);
    expect(await isOwn('kubernetes/default/shop/deployment.apps/fixpoint-demo', own)).toBe(false);
  });

  it.each([
    ['fixpoint-0', 'kubernetes/default/ops/statefulset.apps/fixpoint'],
    ['fixpoint-x2x9k', 'kubernetes/default/ops/daemonset.apps/fixpoint'],
  ])('is found by the pod %s', async (HOSTNAME, workload) => {
    expect(await isOwn(workload, ownTargets({ listen, environment: { ...pod, HOSTNAME }, redis: [] }))).toBe(true);
  });

  it('is nothing in a cluster for one that does not run in it', () => {
    expect(ownTargets({ listen, environment: { HOSTNAME: 'laptop' }, redis: [new URL('redis://localhost')] })).toEqual([
      'http/127.0.0.1:8080',
      'http/localhost:6379',
    ]);
  });
});

function configOf(yaml: string): Config {
  const { config, problems } = loadFrom({ yaml });
  if (config === undefined) throw new Error(problems.join('; '));
  return config;
}

describe('guards in fixpoint.yaml', () => {
  it('have values where nothing is written', () => {
    const { limits, defaults, timeIntervals } = configOf('');
    expect(limits.storm).toEqual({ subjects: 50, alerts: 20_000, fleet: 50, window: 300_000, quiet: 600_000 });
    expect(defaults).toMatchObject({
      concurrency: { rule: 10 },
      recurrence: [{ count: 5, window: 86_400_000 }],
      failureBudget: { count: 5, window: 86_400_000 },
      blastRadius: { targets: 10, window: 3_600_000, failures: 3 },
    });
    expect(timeIntervals.size).toBe(0);
  });

  it('take intervals as Alertmanager writes them', () => {
    const { timeIntervals } = configOf(`
timeIntervals:
  office-hours:
    - times: [{ start_time: '09:00', end_time: '17:00' }]
      weekdays: ['monday:friday']
      location: Europe/Berlin
`);
    const [interval] = timeIntervals.get('office-hours') ?? [];
    expect([interval?.contains(Date.parse('2026-11-25T08:30:00Z')), interval?.contains(Date.parse('2026-11-25T16:30:00Z'))]).toEqual([
      true,
      false,
    ]);
  });

  it('say where an interval is wrong', () => {
    const { problems } = loadFrom({ yaml: "timeIntervals: { night: [ { times: [{ start_time: '22:00', end_time: '06:00' }] } ] }" });
    expect(problems.join('\n')).toContain('start_time 22:00 is not before end_time 06:00');
  });
});
