import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PracticeCluster } from '../../support/actions/practice-cluster.ts';
import { cronJob, jobTemplate, workloadOf } from '../../support/actions/practice-objects.ts';
import { wasKilled } from '../../support/actions/was-killed.ts';
import { applyOf, planOf } from '../../support/actions/world.ts';
import type { Json } from '../../../src/value/json.ts';

const numRuns = 80;

interface Case {
  readonly action: string;
  readonly replicas: number;
  readonly params: (practice: PracticeCluster) => { readonly [key: string]: Json };
  /** The requests that may be sent at most once each. */
  readonly effect: RegExp;
}

const pod = (practice: PracticeCluster) => ({ namespace: 'app', pod: practice.pods('app')[0]?.metadata.name ?? '' });
const cases: fc.Arbitrary<Case> = fc.integer({ min: 1, max: 6 }).chain((replicas) =>
  fc.oneof(
    fc.constant({ action: 'kubernetes.evict', replicas, params: pod, effect: /eviction$/ }),
    fc.constant({ action: 'kubernetes.deletePod', replicas, params: pod, effect: /^DELETE/ }),
    fc.constant({ action: 'kubernetes.cordon', replicas, params: () => ({ node: 'n1' }), effect: /^PATCH/ }),
    fc.constant({ action: 'kubernetes.uncordon', replicas, params: () => ({ node: 'n2' }), effect: /^PATCH/ }),
    fc
      .integer({ min: 1, max: 3 })
      .map((batch) => ({ action: 'kubernetes.drain', replicas, params: () => ({ node: 'n1', batch }), effect: /eviction$|^PATCH/ })),
    fc.constantFrom<{ readonly [key: string]: Json }>({ cronJob: 'backup' }, { template: jobTemplate }).map((source) => ({
      action: 'kubernetes.runJob',
      replicas,
      params: () => ({ namespace: 'app', ...source }),
      effect: /^POST .*\/jobs$/,
    })),
  ),
);

function world(replicas: number): PracticeCluster {
  const practice = new PracticeCluster({ nodes: ['n1', 'n2', 'n3'] });
  practice.add(workloadOf({ replicas }), cronJob);
  cordon(practice, 'n2', true);
  practice.rest();
  return practice;
}

function cordon(practice: PracticeCluster, name: string, isCordoned: boolean): void {
  const node = practice.cluster.get('Node', '', name);
  if (node === undefined) throw new Error(`there is no node ${name}`);
  practice.cluster.update(node, (each) => ({ ...each, spec: isCordoned ? { unschedulable: true } : {} }));
}

/** Names and uids of what there is, and which nodes are cordoned, once all is at rest. */
function essence(practice: PracticeCluster): unknown {
  practice.rest(20_000);
  const spec = (name: string) => (practice.cluster.get('Node', '', name)?.['spec'] ?? {}) as { unschedulable?: boolean };
  return {
    pods: practice.pods('app').map((each) => [each.metadata.name, each.metadata.uid]),
    jobs: practice.cluster.list('Job').map(({ metadata }) => metadata.name),
    cordoned: ['n1', 'n2', 'n3'].filter((name) => spec(name).unschedulable === true),
  };
}

describe('actions on pods, nodes and Jobs', () => {
  it('applied twice is applied once', async () => {
    const twice = fc.asyncProperty(cases, async ({ action, replicas, params }) => {
      const practice = world(replicas);
      const { intent } = await planOf(action, params(practice), practice.context);
      await applyOf(action, intent, practice.context);
      const once = essence(practice);
      const sent = practice.requests.length;
      await applyOf(action, intent, practice.context);
      expect(practice.requests.slice(sent).filter((request) => !request.startsWith('GET'))).toEqual([]);
      expect(essence(practice)).toEqual(once);
    });
    await fc.assert(twice, { numRuns });
  });

  it('killed around any request and applied again makes each change once', async () => {
    let deaths = 0;
    const crash = fc.record({ request: fc.integer({ min: 1, max: 14 }), when: fc.constantFrom('before' as const, 'after' as const) });
    const killed = fc.asyncProperty(cases, crash, async ({ action, replicas, params, effect }, { request, when }) => {
      const practice = world(replicas);
      const { intent } = await planOf(action, params(practice), practice.context);
      const done: string[] = [];
      practice.beforeChange = (sent) => void (effect.test(sent) && done.push(sent));
      practice.killAt(request, when);
      const died = await wasKilled(applyOf(action, intent, practice.context));
      practice.crash = undefined;
      if (died) {
        deaths += 1;
        await applyOf(action, intent, practice.context);
      }
      expect(new Set(done).size).toBe(done.length);
      const calm = world(replicas);
      const { intent: calmIntent } = await planOf(action, params(calm), calm.context);
      await applyOf(action, calmIntent, calm.context);
      const [ours, theirs] = [essence(practice), essence(calm)] as { pods: unknown[]; jobs: string[]; cordoned: string[] }[];
      expect([ours?.pods.length, ours?.jobs, ours?.cordoned]).toEqual([theirs?.pods.length, theirs?.jobs, theirs?.cordoned]);
    });
    await fc.assert(killed, { numRuns });
    expect(deaths).toBeGreaterThan(5);
  });

  it('are taken back by their inverse as far as nodes go, and have none where nothing was changed', async () => {
    const verbs = fc.constantFrom('cordon', 'uncordon', 'drain');
    const back = fc.asyncProperty(verbs, fc.constantFrom('n1', 'n2'), async (verb, node) => {
      const practice = world(2);
      const { cordoned } = essence(practice) as { cordoned: string[] };
      const { intent, changes, inverse } = await planOf(`kubernetes.${verb}`, { node }, practice.context);
      await applyOf(`kubernetes.${verb}`, intent, practice.context);
      const isOther = cordoned.includes(node) === (verb === 'uncordon');
      expect(inverse !== undefined).toBe(isOther);
      if (verb !== 'drain') expect(changes.length).toBe(isOther ? 1 : 0);
      if (inverse !== undefined) {
        const taken = await planOf(inverse.action, inverse.with, practice.context);
        await applyOf(inverse.action, taken.intent, practice.context);
      }
      expect(essence(practice)).toMatchObject({ cordoned });
    });
    await fc.assert(back, { numRuns: 30 });
  });

  it('never touches a pod that was not planned', async () => {
    const foreign = fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom('evict', 'deletePod', 'drain'),
      async (replicas, verb) => {
        const practice = world(replicas);
        const action = `kubernetes.${verb}`;
        const params = verb === 'drain' ? { node: 'n1' } : pod(practice);
        const { intent } = await planOf(action, params, practice.context);
        // Somebody else replaces every pod between plan and apply.
        for (const each of practice.pods('app')) practice.cluster.delete(each);
        practice.rest();
        const fresh = practice.pods('app').map(({ metadata }) => metadata.uid);
        await applyOf(action, intent, practice.context);
        practice.rest();
        expect(practice.pods('app').map(({ metadata }) => metadata.uid)).toEqual(fresh);
        expect(practice.count(/eviction$|^DELETE/)).toBe(0);
      },
    );
    await fc.assert(foreign, { numRuns: 60 });
  });
});
