import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/value/json.ts';
import { clusterWith, configMapPlace, deploymentPlace, workload, type Setting } from '../../support/actions/objects.ts';
import { applyOf, contextOf, planOf } from '../../support/actions/world.ts';

const stamp = 'kubectl.kubernetes.io/restartedAt';
const count = fc.integer({ min: 0, max: 1000 });
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const key = fc.oneof(fc.constantFrom('a', 'b', 'constructor', 'toString', 'a.b-c_d'), fc.stringMatching(/^[a-z]{1,3}$/));
const dataOf = (constraints: { minKeys?: number }) => fc.dictionary(key, text, { maxKeys: 4, ...constraints, noNullPrototype: true });

interface Case {
  readonly action: string;
  readonly setting: Setting;
  readonly params: { readonly [key: string]: Json };
}

const replicas = fc.oneof(
  count,
  fc.record({ exactly: count }),
  fc.record({ atLeast: fc.integer({ min: 1, max: 1000 }) }),
  fc.record({ atMost: fc.integer({ min: 1, max: 1000 }) }),
);
const cases: fc.Arbitrary<Case> = fc.oneof(
  fc
    .record({ setting: fc.record({ replicas: count }), wanted: replicas })
    .map(({ setting, wanted }) => ({ action: 'kubernetes.scale', setting, params: { ...workload, replicas: wanted } })),
  fc
    .constantFrom<Setting>({}, { annotations: {} }, { annotations: { other: 'x' } }, { annotations: { [stamp]: '2026-01-01T00:00:00Z' } })
    .map((setting) => ({ action: 'kubernetes.restart', setting, params: { ...workload } })),
  fc.record({ before: fc.option(dataOf({}), { nil: undefined }), wanted: dataOf({ minKeys: 1 }) }).map(({ before, wanted }) => ({
    action: 'kubernetes.patch',
    setting: before === undefined ? {} : { data: before },
    params: { ...workload, data: wanted },
  })),
);

/** What changed, without the counters that any write moves. */
function essence(cluster: ReturnType<typeof clusterWith>): unknown {
  return [deploymentPlace, configMapPlace].map((place) => {
    const object = cluster.objects.get(`${place.apiVersion}/${place.kind}/${place.namespace}/${place.name}`);
    const { replicas: wanted, template } = (object?.['spec'] ?? {}) as { replicas?: number; template?: unknown };
    return { replicas: wanted, template, data: object?.['data'] };
  });
}

describe.each([[200]])('an action of Kubernetes, %i times', (numRuns) => {
  it('applied twice is applied once, to the very byte, and gives the same output', async () => {
    const twice = fc.asyncProperty(cases, async ({ action, setting, params }) => {
      const cluster = clusterWith(setting);
      const context = contextOf({ kubernetes: cluster });
      const { intent, changes } = await planOf(action, params, context);
      const untouched = cluster.snapshot();
      const first = await applyOf(action, intent, context);
      const once = cluster.snapshot();
      expect(await applyOf(action, intent, context)).toEqual(first);
      expect(cluster.snapshot()).toBe(once);
      expect(once === untouched).toBe(changes.length === 0);
      expect(cluster.requests.filter((request) => request.startsWith('PATCH'))).toHaveLength(changes.length === 0 ? 0 : 1);
    });
    await fc.assert(twice, { numRuns });
  });

  it('applied and then taken back by its inverse leaves the world as it was', async () => {
    let restored = 0;
    const back = fc.asyncProperty(cases, async ({ action, setting, params }) => {
      const cluster = clusterWith(setting);
      const context = contextOf({ kubernetes: cluster });
      const before = essence(cluster);
      const { intent, inverse } = await planOf(action, params, context);
      await applyOf(action, intent, context);
      if (inverse === undefined) return;
      restored += 1;
      const undo = await planOf(inverse.action, inverse.with, context);
      await applyOf(inverse.action, undo.intent, context);
      expect(essence(cluster)).toEqual(before);
    });
    await fc.assert(back, { numRuns });
    expect(restored).toBeGreaterThan(20);
  });

  it('killed around any request and applied again makes one change', async () => {
    const crash = fc.record({ request: fc.integer({ min: 1, max: 4 }), when: fc.constantFrom('before' as const, 'after' as const) });
    const killed = fc.asyncProperty(cases, crash, async ({ action, setting, params }, { request, when }) => {
      const wanted = clusterWith(setting);
      const calm = contextOf({ kubernetes: wanted });
      const planned = await planOf(action, params, calm);
      const output = await applyOf(action, planned.intent, calm);
      const cluster = clusterWith(setting);
      const context = contextOf({ kubernetes: cluster });
      const { intent } = await planOf(action, params, context);
      cluster.crash = { request: cluster.requests.length + request, when };
      const died = await applyOf(action, intent, context).then(
        () => false,
        () => true,
      );
      cluster.crash = undefined;
      if (died) expect(await applyOf(action, intent, context)).toEqual(output);
      expect(cluster.snapshot()).toBe(wanted.snapshot());
    });
    await fc.assert(killed, { numRuns });
  });

  it('leaves the world alone when someone else was there, between plan and apply or in the middle of apply', async () => {
    const moment = fc.constantFrom('after plan', 'at the patch');
    const foreign = fc.asyncProperty(cases, moment, fc.integer({ min: 0, max: 1000 }), async ({ action, setting, params }, when, other) => {
      const cluster = clusterWith(setting);
      const context = contextOf({ kubernetes: cluster });
      const { intent, changes } = await planOf(action, params, context);
      fc.pre(changes.length > 0);
      const [change] = changes;
      let after = '';
      const interfere = () => {
        cluster.beforePatch = undefined;
        if (action === 'kubernetes.patch') {
          const name = change?.what.replace(/^data\./, '') ?? '';
          cluster.change(configMapPlace, (object) =>
            Object.defineProperty(((object as { data?: object }).data ??= {}), name, {
              value: `foreign-${other}`,
              enumerable: true,
              configurable: true,
              writable: true,
            }),
          );
        } else if (action === 'kubernetes.scale') {
          cluster.change(deploymentPlace, (object) => void ((object as unknown as { spec: { replicas: number } }).spec.replicas = other));
        } else {
          cluster.change(
            deploymentPlace,
            (object) =>
              void ((
                object as unknown as { spec: { template: { metadata: { annotations: object } } } }
              ).spec.template.metadata.annotations = { [stamp]: '2020-02-02T02:02:02Z' }),
          );
        }
        after = cluster.snapshot();
      };
      fc.pre(action !== 'kubernetes.scale' || (other !== change?.from && other !== change?.to));
      if (when === 'after plan') interfere();
      else cluster.beforePatch = interfere;
      await expect(applyOf(action, intent, context)).rejects.toMatchObject({ code: 'target.changed' });
      expect(cluster.snapshot()).toBe(after);
    });
    await fc.assert(foreign, { numRuns });
  });
});
