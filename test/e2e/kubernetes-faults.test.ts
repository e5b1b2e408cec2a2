import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../support/wait-until.ts';
import { hasEnded, type RunView } from './api-client.ts';
import { replicas, startSeparatePlatform, type ApiFault, type SeparatePlatform } from './separate-platform.ts';

interface Case {
  /** Also the name of the deployment it is about. */
  readonly name: string;
  readonly fault: Omit<ApiFault, 'pattern'>;
  /** What a reason has to name. */
  readonly named: RegExp;
}

const noAnswer = /did not answer within 2s/;
const refusals = [401, 403, 404, 422].map((status): Case => ({
  name: String(status),
  fault: { status },
  named: new RegExp(`HTTP ${status}`),
}));
const passing = [
  ...[409, 429, 500, 503].map((status): Case => ({ name: String(status), fault: { status }, named: new RegExp(`HTTP ${status}`) })),
  { name: 'silence', fault: { never: true }, named: noAnswer },
] satisfies Case[];
const halfAnAnswer: Case = { name: 'half-an-answer', fault: { cut: true }, named: /GET \S*\/scale on cluster default: / };

const prefixed = (prefix: string, cases: readonly Case[]) => cases.map((one) => ({ ...one, name: `${prefix}-${one.name}` }));
const times = (count: number, cases: readonly Omit<Case, 'named'>[]) =>
  cases.map((one) => ({ ...one, fault: { ...one.fault, times: count } }));

const readRefused = prefixed('read-refused', refusals);
const patchRefused = prefixed('patch-refused', refusals);
const readFailing = prefixed('read-failing', [...passing, halfAnAnswer]);
const patchFailing = prefixed('patch-failing', passing);
const readFailsTwice = times(2, prefixed('read-fails-twice', [...passing, halfAnAnswer]));
const patchFailsOnce = times(1, prefixed('patch-fails-once', passing));
/** The effect is there, the answer is not. */
const patchLost = times(1, [
  { name: 'patch-lost-half-an-answer', fault: { cut: true } },
  { name: 'patch-lost-silence', fault: { never: true, isApplied: true } },
]);

describe('a Kubernetes API that fails', { timeout: 40_000 }, () => {
  let platform: SeparatePlatform;

  beforeAll(async () => {
    platform = await startSeparatePlatform();
    const afflict = async (method: string, { name, fault }: Omit<Case, 'named'>): Promise<void> => {
      await platform.makeDeployment(name);
      await platform.fault({ pattern: `^${method} .*/deployments/${name}/scale$`, ...fault });
      expect(await platform.alert(name)).toBe(202);
    };
    await Promise.all([...readRefused, ...readFailing, ...readFailsTwice].map((one) => afflict('GET', one)));
    await Promise.all([...patchRefused, ...patchFailing, ...patchFailsOnce, ...patchLost].map((one) => afflict('PATCH', one)));
  }, 60_000);

  afterAll(async () => {
    await platform.stop();
  });

  async function endOf(name: string): Promise<RunView> {
    let last = 'no run yet';
    return await waitUntil(
      async () => {
        const [run, ...others] = await platform.runsOn(name);
        if (run !== undefined) last = `${run.phase}: ${run.reason}`;
        expect(others).toEqual([]);
        return run !== undefined && hasEnded(run) ? run : undefined;
      },
      { timeoutMs: 30_000, intervalMs: 200, describe: () => `the run of ${name} to end; it is ${last}` },
    );
  }

  async function expectFailure({ name, named }: Case): Promise<void> {
    const run = await endOf(name);
    expect(run.phase).toBe('failed');
    expect(run.reason).toMatch(named);
    expect(await platform.readDeployment(name)).toEqual({ replicas: replicas.before, generation: 1 });
    await waitUntil(async () => (await platform.pagesAbout(name)).length > 0, { describe: `somebody to be called about ${name}` });
  }

  async function expectOneChange(name: string): Promise<void> {
    expect(await endOf(name)).toMatchObject({ phase: 'succeeded', attempt: 1 });
    expect(await platform.readDeployment(name)).toEqual({ replicas: replicas.after, generation: 2 });
    expect(await platform.pagesAbout(name)).toEqual([]);
  }

  it.each(readRefused)('fails a run at once: $name', async (one) => {
    await expectFailure(one);
    const reads = (await platform.requests()).filter(({ method, path }) => method === 'GET' && path.endsWith(`/${one.name}/scale`));
    expect(reads).toHaveLength(1);
    expect(await platform.effectsOn(one.name)).toEqual([]);
  });

  it.each(patchRefused)('fails a run without a second patch: $name', async (one) => {
    await expectFailure(one);
    expect(await platform.effectsOn(one.name)).toHaveLength(1);
  });

  it.each(readFailing)('fails a run that tried again for its time, without a patch: $name', async (one) => {
    await expectFailure(one);
    const reads = (await platform.requests()).filter(({ method, path }) => method === 'GET' && path.endsWith(`/${one.name}/scale`));
    expect(reads.length).toBeGreaterThan(1);
    expect(await platform.effectsOn(one.name)).toEqual([]);
  });

  it.each(patchFailing)('fails a run that tried again for its time, without an effect: $name', async (one) => {
    await expectFailure(one);
    expect((await platform.effectsOn(one.name)).length).toBeGreaterThan(1);
  });

  it.each(readFailsTwice)('is waited for: $name', async ({ name }) => {
    await expectOneChange(name);
    expect(await platform.effectsOn(name)).toHaveLength(1);
  });

  it.each(patchFailsOnce)('is asked again, with one change: $name', async ({ name }) => {
    await expectOneChange(name);
    expect(await platform.effectsOn(name)).toHaveLength(2);
  });

  it.each(patchLost)('is looked at before a second patch, and none is needed: $name', async ({ name }) => {
    await expectOneChange(name);
    expect(await platform.effectsOn(name)).toHaveLength(1);
  });

  it('has a person called once for each run that failed', async () => {
    for (const { name } of [...readRefused, ...patchRefused, ...readFailing, ...patchFailing]) {
      expect([name, (await platform.pagesAbout(name)).length]).toEqual([name, 1]);
    }
  });
});
