import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../src/errors.ts';
import type { FakeCluster } from '../../support/actions/fake-cluster.ts';
import { wasKilled } from '../../support/actions/was-killed.ts';
import { applyOf, contextOf, planOf } from '../../support/actions/world.ts';
import { cases, type Case } from './kubernetes-cases.ts';

/** The plan, or nothing where the call is refused in this world: the sidecar has no such limit, there is no revision before. */
async function planned({ action, params }: Case, cluster: FakeCluster) {
  const context = contextOf({ kubernetes: cluster });
  try {
    return { context, ...(await planOf(action, params, context)) };
  } catch (error) {
    expect(['params.invalid', 'target.ambiguous', 'target.missing']).toContain(codeOf(error));
    return undefined;
  }
}

/**
 * What changed, without the counters that any write moves, and without what is empty: the API stores no empty map or list.
 * A variable that was taken away comes back at the end of its list: the order is left out.
 */
function essence(cluster: FakeCluster): unknown {
  return [...cluster.objects.values()].map((object) => [object['kind'], object.metadata.name, bare(object['spec']), bare(object['data'])]);
}

function bare(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value))
    return value.length === 0 ? undefined : value.map(bare).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  const members = Object.entries(value).map(([key, member]) => [key, bare(member)] as const);
  const left = members.filter(([, member]) => member !== undefined);
  return left.length === 0 ? undefined : Object.fromEntries(left);
}

const numRuns = 600;

describe(`an action of Kubernetes, in ${numRuns} worlds`, () => {
  it('applied twice is applied once, to the very byte, and gives the same output', async () => {
    const changed = new Map<string, number>();
    const twice = fc.asyncProperty(cases, async (each) => {
      const cluster = each.world();
      const plan = await planned(each, cluster);
      if (plan === undefined) return;
      const untouched = cluster.snapshot();
      const first = await applyOf(each.action, plan.intent, plan.context);
      const once = cluster.snapshot();
      expect(await applyOf(each.action, plan.intent, plan.context)).toEqual(first);
      expect(cluster.snapshot()).toBe(once);
      expect(once === untouched).toBe(plan.changes.length === 0);
      expect(cluster.requests.filter((request) => request.startsWith('PATCH'))).toHaveLength(plan.changes.length === 0 ? 0 : 1);
      if (plan.changes.length > 0) changed.set(each.action, (changed.get(each.action) ?? 0) + 1);
      // What has been done plans as nothing more to do.
      if (!['kubernetes.restart', 'kubernetes.rollback'].includes(each.action)) expect((await planned(each, cluster))?.changes).toEqual([]);
    });
    await fc.assert(twice, { numRuns });
    expect(changed.size).toBe(7);
    for (const [action, times] of changed) expect(times, action).toBeGreaterThan(10);
  });

  it('applied and then taken back by its inverse leaves the world as it was, and the plans mirror each other', async () => {
    let restored = 0;
    const back = fc.asyncProperty(cases, async (each) => {
      const cluster = each.world();
      const plan = await planned(each, cluster);
      if (plan === undefined) return;
      const before = essence(cluster);
      await applyOf(each.action, plan.intent, plan.context);
      if (plan.inverse === undefined) {
        expect(each.action === 'kubernetes.restart' || plan.changes.length === 0).toBe(true);
        return;
      }
      restored += 1;
      const undo = await planOf(plan.inverse.action, plan.inverse.with, plan.context);
      expect(undo.changes.toSorted(byWhat)).toEqual(
        plan.changes.map(({ what, from, to }) => ({ what, from: to, to: from })).toSorted(byWhat),
      );
      await applyOf(plan.inverse.action, undo.intent, plan.context);
      expect(essence(cluster)).toEqual(before);
    });
    await fc.assert(back, { numRuns });
    expect(restored).toBeGreaterThan(numRuns / 4);
  });

  it('killed around any request and applied again makes one change', async () => {
    let deaths = 0;
    const crash = fc.record({ request: fc.integer({ min: 1, max: 6 }), when: fc.constantFrom('before' as const, 'after' as const) });
    const killed = fc.asyncProperty(cases, crash, async (each, { request, when }) => {
      const wanted = each.world();
      const calm = await planned(each, wanted);
      if (calm === undefined) return;
      const output = await applyOf(each.action, calm.intent, calm.context);
      const cluster = each.world();
      const plan = await planned(each, cluster);
      if (plan === undefined) throw new Error('the same world plans the same');
      cluster.crash = { request: cluster.requests.length + request, when };
      const died = await wasKilled(applyOf(each.action, plan.intent, plan.context));
      cluster.crash = undefined;
      if (died) deaths += 1;
      if (died) expect(await applyOf(each.action, plan.intent, plan.context)).toEqual(output);
      expect(cluster.snapshot()).toBe(wanted.snapshot());
    });
    await fc.assert(killed, { numRuns });
    expect(deaths).toBeGreaterThan(numRuns / 4);
  });

  it('leaves the world alone when someone else was there, between plan and apply or in the middle of apply', async () => {
    const moment = fc.constantFrom('after plan', 'at the patch');
    const foreign = fc.asyncProperty(cases, moment, async (each, when) => {
      const cluster = each.world();
      const plan = await planned(each, cluster);
      const [change] = plan?.changes ?? [];
      if (plan === undefined || change === undefined) return;
      let after = '';
      const interfere = () => {
        cluster.beforePatch = undefined;
        each.foreign(cluster, change);
        after = cluster.snapshot();
      };
      if (when === 'after plan') interfere();
      else cluster.beforePatch = interfere;
      await expect(applyOf(each.action, plan.intent, plan.context)).rejects.toMatchObject({ code: 'target.changed' });
      expect(cluster.snapshot()).toBe(after);
    });
    await fc.assert(foreign, { numRuns });
  });
});

function byWhat(a: { readonly what: string }, b: { readonly what: string }): number {
  return a.what < b.what ? -1 : 1;
}
