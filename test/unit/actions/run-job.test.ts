import { describe, expect, it } from 'vitest';
import type { Settled } from '../../../src/actions/action.ts';
import type { PodOutcome } from '../../../src/sandbox/kubernetes/cluster.ts';
import type { Json, JsonObject } from '../../../src/value/json.ts';
import { secretMarker } from '../../../src/value/secret-marker.ts';
import { PracticeCluster } from '../../support/actions/practice-cluster.ts';
import { cronJob, jobTemplate } from '../../support/actions/practice-objects.ts';
import { actionNamed, applyOf, isAccepted, planOf } from '../../support/actions/world.ts';

const name = 'kubernetes.runJob';
const fromCronJob = { namespace: 'app', cronJob: 'backup' };
const fromTemplate = { namespace: 'app', template: jobTemplate, name: 'repair' };

function practiceWith(outcome: PodOutcome = 'ready'): PracticeCluster {
  const practice = new PracticeCluster({ podOutcome: () => outcome, podLog: () => 'one\ntwo\nthree\n' });
  practice.add(cronJob);
  return practice;
}

const settle = async (practice: PracticeCluster, intent: Json, output: Json): Promise<Settled | undefined> =>
  await actionNamed(name).settled?.(intent, { ...practice.context, output });

describe.each([
  ['a CronJob', fromCronJob, 'backup-'],
  ['a template', fromTemplate, 'repair-'],
])('a Job from %s', (_what, params, begin) => {
  it('runs to its end, whose result and log are the step’s', async () => {
    const practice = practiceWith();
    const { intent, changes } = await planOf(name, { ...params, logLines: 2 }, practice.context);
    expect(changes).toHaveLength(1);
    const output = (await applyOf(name, intent, practice.context)) as { job: string; uid: string };
    expect(output.job).toMatch(new RegExp(`^${begin}[0-9a-f]{10}$`));
    expect(await settle(practice, intent, output)).toEqual({ settled: false, reason: `Job ${output.job} is running` });
    practice.rest();
    const logs = [{ pod: expect.any(String) as string, container: 'task', lines: ['two', 'three'] }];
    expect(await settle(practice, intent, output)).toEqual({ settled: true, output: { ...output, succeeded: 1, seconds: 5, logs } });
  });

  it('that fails fails the step, with its last words', async () => {
    const practice = practiceWith('crash');
    const { intent } = await planOf(name, params, practice.context);
    const output = await applyOf(name, intent, practice.context);
    practice.rest();
    expect(await settle(practice, intent, output)).toMatchObject({
      settled: 'failed',
      reason: expect.stringMatching(/^Job app\/.* failed: Job has reached the specified backoff limit; its last line: three$/) as string,
    });
  });

  it('is found again by a repeat, and not made twice', async () => {
    const practice = practiceWith();
    const { intent } = await planOf(name, params, practice.context);
    const output = await applyOf(name, intent, practice.context);
    practice.rest();
    expect(await applyOf(name, intent, practice.context)).toEqual(output);
    expect((await planOf(name, params, practice.context)).intent).toEqual(intent);
    expect(practice.count(/^POST .*\/jobs$/)).toBe(1);
  });

  it('has another name in another step or run', async () => {
    const practice = practiceWith();
    const nameOf = async (context: object) => {
      const { intent } = await planOf(name, params, { ...practice.context, ...context });
      return (intent as { place: { name: string } }).place.name;
    };
    const names = await Promise.all([nameOf({}), nameOf({ step: 'other' }), nameOf({ run: 'other' })]);
    const another = await planOf(name, { ...params, logLines: 1 }, practice.context);
    expect(new Set([...names, (another.intent as { place: { name: string } }).place.name]).size).toBe(4);
  });

  it('under whose name somebody else has one is left alone', async () => {
    const practice = practiceWith();
    const { intent } = await planOf(name, params, practice.context);
    const { place } = intent as { place: { name: string } };
    practice.add({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: place.name, namespace: 'app' }, spec: jobTemplate });
    await expect(applyOf(name, intent, practice.context)).rejects.toMatchObject({ code: 'target.changed' });
    expect(practice.count(/^POST .*\/jobs$/)).toBe(0);
  });

  it('that has gone is no success', async () => {
    const practice = practiceWith();
    const { intent } = await planOf(name, params, practice.context);
    const output = (await applyOf(name, intent, practice.context)) as { job: string; uid: string };
    practice.rest();
    const job = practice.cluster.get('Job', 'app', output.job);
    if (job !== undefined) practice.cluster.delete(job);
    expect(await settle(practice, intent, output)).toMatchObject({
      settled: 'failed',
      reason: expect.stringContaining('nobody knows') as string,
    });
  });
});

describe('a Job from a CronJob', () => {
  const cronJobWith = (spec: JsonObject) => ({ ...cronJob, spec: { ...cronJob.spec, ...spec } });
  /** The CronJob has started a Job of its own, which runs for long. */
  function atWork(concurrencyPolicy: string): PracticeCluster {
    const practice = new PracticeCluster({ podLog: () => '', podRunMs: 3_600_000 });
    practice.add(cronJobWith({ schedule: '* * * * *', suspend: false, concurrencyPolicy }));
    practice.rest(50_000);
    expect(practice.cluster.list('Job')).toHaveLength(1);
    return practice;
  }

  it.each([
    ['Forbid', 'lets no second one run'],
    ['Replace', 'lets a new one only take the place of the old one'],
  ])('is refused while one that it started itself runs, by %s', async (policy, why) => {
    await expect(planOf(name, fromCronJob, atWork(policy).context)).rejects.toMatchObject({
      code: 'target.ambiguous',
      message: expect.stringMatching(
        new RegExp(`^CronJob app/backup \\(concurrencyPolicy ${policy}\\) ${why}.*: backup-\\d+ is running$`),
      ) as string,
    });
  });

  it('runs beside others where it lets them', async () => {
    expect((await planOf(name, fromCronJob, atWork('Allow').context)).changes).toHaveLength(1);
  });

  it('is not made where another one of it, also one of ours, has begun since the plan, and one that is there is found', async () => {
    const practice = new PracticeCluster({ podLog: () => '' });
    practice.add(cronJobWith({ concurrencyPolicy: 'Forbid' }));
    const { intent } = await planOf(name, fromCronJob, practice.context);
    const other = { ...practice.context, run: 'other' };
    const { intent: later } = await planOf(name, fromCronJob, other);
    const output = await applyOf(name, intent, practice.context);
    await expect(applyOf(name, later, other)).rejects.toMatchObject({ code: 'target.changed' });
    expect(await applyOf(name, intent, practice.context)).toEqual(output);
    expect((await planOf(name, fromCronJob, practice.context)).intent).toEqual(intent);
    practice.rest();
    expect(await applyOf(name, later, other)).toMatchObject({ job: expect.stringMatching(/^backup-/) as string });
  });

  it.each([
    ['succeeds', { limit: 'successfulJobsHistoryLimit', outcome: 'ready', settled: true }],
    ['fails', { limit: 'failedJobsHistoryLimit', outcome: 'crash', settled: 'failed' }],
  ] as const)('that %s has a result also where the CronJob keeps none such', async (_what, { limit, outcome, settled }) => {
    const practice = new PracticeCluster({ podOutcome: () => outcome, podLog: () => 'the end\n' });
    practice.add(cronJobWith({ schedule: '* * * * *', suspend: true, [limit]: 0 }));
    const { intent, notes } = await planOf(name, fromCronJob, practice.context);
    expect(notes).toContain('CronJob backup keeps no ended Jobs: this one is not under its control');
    expect(intent).toMatchObject({ body: { spec: { ttlSecondsAfterFinished: 900 } } });
    const output = await applyOf(name, intent, practice.context);
    practice.rest(120_000);
    expect(await settle(practice, intent, output)).toMatchObject({ settled });
    practice.rest(1_000_000);
    expect(practice.cluster.list('Job')).toEqual([]);
  });
});

describe('planning a Job', () => {
  it('says which CronJob is asleep or at work', async () => {
    const { notes } = await planOf(name, fromCronJob, practiceWith().context);
    expect(notes?.[0]).toBe('CronJob backup is suspended');
  });

  it('keeps a finished Job long enough to read its result', async () => {
    const template = { ...jobTemplate, ttlSecondsAfterFinished: 1 };
    const { intent } = await planOf(name, { ...fromTemplate, template }, practiceWith().context);
    expect(intent).toMatchObject({ body: { spec: { ttlSecondsAfterFinished: 900 } } });
  });

  it('knows what is locked before it reads', () => {
    const targetOf = (params: object) => actionNamed(name).target(actionNamed(name).params.parse(params));
    expect(targetOf(fromCronJob)).toMatchObject({ kind: 'cronjob.batch', name: 'backup' });
    expect(targetOf(fromTemplate)).toMatchObject({ kind: 'job.batch', name: 'repair' });
  });

  it.each([
    ['neither', { namespace: 'app' }],
    ['both', { ...fromCronJob, template: jobTemplate }],
    ['a secret', { ...fromTemplate, template: { ...jobTemplate, note: secretMarker('password') } }],
    ['a huge template', { ...fromTemplate, template: { ...jobTemplate, note: 'x'.repeat(40_000) } }],
    ['a template that is none', { ...fromTemplate, template: { backoffLimit: 1 } }],
    ['a CronJob elsewhere', { namespace: 'app', cronJob: '../x' }],
  ])('does not take %s', (_what, params) => {
    expect(isAccepted(name, params)).toBe(false);
  });

  it('keeps the end of a long log, and no credential of it', async () => {
    const practice = new PracticeCluster({ podLog: () => `${'filler line\n'.repeat(2000)}password=hunter2\nthe end\n` });
    practice.add(cronJob);
    const { intent } = await planOf(name, { ...fromCronJob, logLines: 200 }, practice.context);
    const output = await applyOf(name, intent, practice.context);
    practice.rest();
    const settled = (await settle(practice, intent, output)) as unknown as { output: { logs: { lines: string[] }[] } };
    const lines = settled.output.logs[0]?.lines ?? [];
    expect(lines.slice(-2)).toEqual(['password=(hidden)', 'the end']);
    expect(lines.join('\n').length).toBeLessThan(8192);
  });

  it('bounds what it keeps of a log', async () => {
    const practice = new PracticeCluster({ podLog: () => `${'x'.repeat(5000)}\n` });
    practice.add(cronJob);
    const { intent } = await planOf(name, fromCronJob, practice.context);
    const output = await applyOf(name, intent, practice.context);
    practice.rest();
    const settled = (await settle(practice, intent, output)) as unknown as { output: { logs: { lines: string[] }[] } };
    expect(settled.output.logs[0]?.lines[0]).toHaveLength(500);
  });
});
