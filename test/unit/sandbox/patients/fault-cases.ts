import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../../src/sandbox/kubernetes/object.ts';
import { listAt, objectAt, type PlainObject } from '../../../../src/sandbox/kubernetes/plain.ts';
import { Ward } from '../ward.ts';

export type Act = (ward: Ward) => Promise<unknown> | void;

/** One fault of a patient: what shows it, and what does and does not cure it. */
export interface FaultCase {
  readonly platform: string;
  readonly fault: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly selector: string;
  readonly isFiring: (value: number) => boolean;
  readonly cure: Act;
  readonly wrongCures: Readonly<Record<string, Act>>;
  /** Takes the cure back while the cause still presses; left out where the cause ends with the cure. */
  readonly undo?: Act;
}

/** Holds a patient to cause and effect: each fault shows, has one cure, and a twin that nothing cures. */
export function describeFaults(cases: readonly FaultCase[]): void {
  describe.each(cases)('$fault $labels', ({ platform, fault, labels = {}, selector, isFiring, cure, wrongCures, undo }) => {
    let ward: Ward;
    beforeEach(() => {
      ward = new Ward({ platforms: [platform] });
    });
    afterEach(() => ward.sandbox.close());

    async function firing(): Promise<boolean> {
      const values = await ward.query(selector);
      expect(values).toHaveLength(1);
      return values.every(isFiring);
    }

    async function ill(name = fault): Promise<void> {
      expect(ward.sandbox.inject(platform, name, labels)).toBe(true);
      await ward.pass(60);
    }

    it('shows, and does not before', async () => {
      expect(await firing()).toBe(false);
      expect(await ward.isUnwell(platform)).toBe(false);
      expect(ward.sandbox.inject(platform, `${fault}-of-another-kind`, labels)).toBe(false);
      await ill();
      expect(await firing()).toBe(true);
      await ward.pass(600);
      expect(await firing()).toBe(true);
      expect(await ward.isUnwell(platform)).toBe(true);
    });

    it('is cured by its true cure and stays so', async () => {
      await ill();
      await cure(ward);
      await ward.pass(60);
      expect(await firing()).toBe(false);
      await ward.pass(900);
      expect(await firing()).toBe(false);
      expect(await ward.isUnwell(platform)).toBe(false);
    });

    it.each(Object.entries(wrongCures))('is not cured by %s', async (_name, act) => {
      await ill();
      await act(ward);
      await ward.pass(90);
      expect(await firing()).toBe(true);
    });

    if (undo !== undefined)
      it('comes back where the cure is taken back while its cause presses', async () => {
        await ill();
        await cure(ward);
        await ward.pass(60);
        await undo(ward);
        await ward.pass(60);
        expect(await firing()).toBe(true);
      });

    it('has a stubborn twin that nothing cures', async () => {
      await ill(`${fault}-stubborn`);
      for (const act of [cure, ...Object.values(wrongCures)]) {
        await act(ward);
        await ward.pass(90);
        expect(await firing()).toBe(true);
      }
    });

    it('is over when the patient is healed', async () => {
      await ill(`${fault}-stubborn`);
      ward.sandbox.heal(platform);
      await ward.pass(90);
      expect(await firing()).toBe(false);
    });
  });
}

/** Changes an object as somebody with kubectl would. */
export function edit(place: { kind: string; namespace: string; name: string }, change: (spec: PlainObject) => PlainObject): Act {
  return ({ sandbox: { cluster } }) => {
    const found = cluster.get(place.kind, place.namespace, place.name);
    if (found === undefined) throw new Error(`no ${place.kind} ${place.name}`);
    cluster.update(found, (live: KubernetesObject) => ({ ...live, spec: change(objectAt(live, 'spec')) }));
  };
}

/** Changes the first container of a Deployment. */
export function editContainer(place: { namespace: string; name: string }, change: (container: PlainObject) => PlainObject): Act {
  return edit({ kind: 'Deployment', ...place }, (spec) => {
    const template = objectAt(spec, 'template');
    const containers = listAt(template, 'spec', 'containers').map((container, index) => (index === 0 ? change(container) : container));
    return { ...spec, template: { ...template, spec: { ...objectAt(template, 'spec'), containers } } };
  });
}

export function setEnv(place: { namespace: string; name: string }, env: Readonly<Record<string, string>>): Act {
  return editContainer(place, (container) => ({
    ...container,
    env: [
      ...listAt(container, 'env').filter(({ name }) => !Object.hasOwn(env, String(name))),
      ...Object.entries(env).map(([name, value]) => ({ name, value })),
    ],
  }));
}

/** Through the lower bound of the autoscaler that owns the count. */
export function scaleTo(place: { namespace: string; name: string }, count: number): Act {
  return edit({ kind: 'HorizontalPodAutoscaler', namespace: place.namespace, name: `${place.name}-hpa` }, (spec) => ({
    ...spec,
    minReplicas: count,
  }));
}

/** Starts the Job of a CronJob by hand. */
export function runCronJob(namespace: string, name: string): Act {
  return ({ sandbox: { cluster }, clock }) => {
    const spec = objectAt(cluster.get('CronJob', namespace, name), 'spec', 'jobTemplate', 'spec');
    cluster.create({ apiVersion: 'batch/v1', kind: 'Job', metadata: { namespace, name: `${name}-${clock.now()}` }, spec });
  };
}

export function allOf(...acts: readonly Act[]): Act {
  return async (ward) => {
    for (const act of acts) {
      await act(ward);
      await ward.pass(30);
    }
  };
}
