import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';
import type { RunView } from './api-client.ts';
import { replicas, startSeparatePlatform, type ApiFault, type SeparatePlatform } from './separate-platform.ts';

type Failure = Omit<ApiFault, 'pattern' | 'times'>;

const final = new Set(['succeeded', 'failed', 'denied', 'superseded', 'interrupted', 'expired', 'cancelled']);

/** What no second try mends. */
const refusals: readonly (readonly [string, Failure])[] = [
  ['401', { status: 401 }],
  ['403', { status: 403 }],
  ['404', { status: 404 }],
  ['422', { status: 422 }],
];

/** What may pass. */
const troubles: readonly (readonly [string, Failure])[] = [
  ['409', { status: 409 }],
  ['429', { status: 429 }],
  ['500', { status: 500 }],
  ['503', { status: 503 }],
  ['silence', { never: true }],
  ['half-an-answer', { cut: true }],
];

describe('a Kubernetes API that fails', { timeout: 60_000 }, () => {
  let platform: SeparatePlatform;

  beforeAll(async () => {
    platform = await startSeparatePlatform();
  }, 60_000);

  afterAll(async () => {
    await platform.stop();
  });

  /** Posts the alert of a new deployment under a fault and gives its only run when it has ended. */
  async function endUnder(name: string, method: 'GET' | 'PATCH', fault: Failure & { times?: number }): Promise<RunView> {
    await platform.makeDeployment(name);
    await platform.fault({ pattern: `^${method} .*/deployments/${name}/scale$`, ...fault });
    expect(await platform.alert(name)).toBe(202);
    let last = 'no run yet';
    return await waitUntil(
      async () => {
        const [run] = await platform.runsOn(name);
        if (run !== undefined) last = `${run.phase}: ${run.reason}`;
        return run !== undefined && final.has(run.phase) ? run : undefined;
      },
      { timeoutMs: 40_000, intervalMs: 300, describe: () => `the run of ${name} to end; it is ${last}` },
    );
  }

  async function expectOneCall(name: string): Promise<void> {
    await waitUntil(async () => (await platform.pagesAbout(name)).length > 0, { describe: `somebody to be called about ${name}` });
    expect(await platform.pagesAbout(name)).toHaveLength(1);
  }

  it.concurrent.each(refusals)('fails at once, naming it, when the read is answered by %s', async (named, fault) => {
    const name = `read-refused-${named}`;
    const run = await endUnder(name, 'GET', fault);
    expect(run.phase).toBe('failed');
    expect(run.reason).toContain(`HTTP ${named}`);
    expect(await platform.effectsOn(name)).toEqual([]);
    expect((await platform.readDeployment(name)).replicas).toBe(replicas.before);
    await expectOneCall(name);
  });

  it.concurrent.each(refusals)('fails, naming it, when the patch is answered by %s, and asks once', async (named, fault) => {
    const name = `patch-refused-${named}`;
    const run = await endUnder(name, 'PATCH', fault);
    expect(run.phase).toBe('failed');
    expect(run.reason).toContain(`HTTP ${named}`);
    expect(await platform.effectsOn(name)).toHaveLength(1);
    expect((await platform.readDeployment(name)).replicas).toBe(replicas.before);
    await expectOneCall(name);
  });

  it.concurrent.each(troubles)('gets over %s on the read', async (named, fault) => {
    const name = `read-trouble-${named}`;
    const run = await endUnder(name, 'GET', { ...fault, times: 2 });
    expect(run).toMatchObject({ phase: 'succeeded', attempt: 1 });
    expect(await platform.effectsOn(name)).toHaveLength(1);
    expect(await platform.readDeployment(name)).toEqual({ replicas: replicas.after, generation: 2 });
    expect(await platform.pagesAbout(name)).toEqual([]);
  });

  it.concurrent.each(troubles)('gets over %s on the patch with one change', async (named, fault) => {
    const name = `patch-trouble-${named}`;
    const run = await endUnder(name, 'PATCH', { ...fault, times: 1 });
    expect(run).toMatchObject({ phase: 'succeeded', attempt: 1 });
    expect(await platform.readDeployment(name)).toEqual({ replicas: replicas.after, generation: 2 });
    // Half an answer comes after the effect: the look before the second try finds it there.
    expect(await platform.effectsOn(name)).toHaveLength(fault.cut === true ? 1 : 2);
    expect(await platform.pagesAbout(name)).toEqual([]);
  });

  it.concurrent('does not repeat a patch that was applied and never answered', async () => {
    const name = 'patch-applied-silence';
    const run = await endUnder(name, 'PATCH', { never: true, isApplied: true, times: 1 });
    expect(run).toMatchObject({ phase: 'succeeded', attempt: 1 });
    expect(await platform.effectsOn(name)).toHaveLength(1);
    expect(await platform.readDeployment(name)).toEqual({ replicas: replicas.after, generation: 2 });
  });

  it.concurrent.each(troubles.filter(([, { cut }]) => cut !== true))(
    'gives up %s on the patch when it lasts, and calls somebody',
    async (named, fault) => {
      const name = `patch-lasting-${named}`;
      const run = await endUnder(name, 'PATCH', fault);
      expect(run.phase).toBe('failed');
      expect(run.reason).toMatch(fault.never === true ? /did not answer within 2s/ : new RegExp(`HTTP ${named}`));
      expect((await platform.effectsOn(name)).length).toBeGreaterThan(1);
      expect(await platform.readDeployment(name)).toEqual({ replicas: replicas.before, generation: 1 });
      await expectOneCall(name);
    },
  );

  it.concurrent.each(troubles)('gives up %s on the read when it lasts, without an effect', async (named, fault) => {
    const name = `read-lasting-${named}`;
    const run = await endUnder(name, 'GET', fault);
    expect(run.phase).toBe('failed');
    expect(run.reason).toMatch(
      fault.never === true ? /did not answer within 2s/ : fault.cut === true ? /GET .*scale/ : new RegExp(`HTTP ${named}`),
    );
    expect(await platform.effectsOn(name)).toEqual([]);
    await expectOneCall(name);
  });
});
