import { describe, expect, it } from 'vitest';
import { actions } from '../../../src/actions/catalogue.ts';
import type { Json } from '../../../src/value/json.ts';
import { llmGuardrails } from '../../../src/sandbox/patients/llm-guardrails/platform.ts';
import { FakeRedis } from '../../support/actions/fake-redis.ts';
import { perform, type Performed } from '../../support/actions/perform.ts';
import { PracticeCluster } from '../../support/actions/practice-cluster.ts';

const namespace = 'guardrails-platform';

function platform(): PracticeCluster {
  const practice = new PracticeCluster({ podLog: () => 'first\nlast\n', podUsage: () => ({ cpu: 0.5, memory: 2 ** 28 }) });
  practice.add(...llmGuardrails.objects);
  return practice;
}

const on = (practice: PracticeCluster) => ({ context: practice.context, rest: () => practice.rest() });
const specOf = (practice: PracticeCluster, kind: string, name: string) =>
  practice.cluster.get(kind, namespace, name)?.['spec'] as Readonly<Record<string, unknown>>;
const imageOf = (practice: PracticeCluster, name: string) =>
  (specOf(practice, 'Deployment', name)['template'] as { spec: { containers: { image: string }[] } }).spec.containers[0]?.image;
const step = (steps: readonly Performed[], id: string) => steps.find((one) => one.id === id);
const changing = (steps: readonly Performed[]) => steps.filter(({ changes }) => changes.length > 0).map(({ id }) => id);
const jobs = (practice: PracticeCluster) => practice.cluster.list('Job', namespace).map(({ metadata }) => metadata.name);

describe('scaling by hand', () => {
  it('raises guardrail-server to 6 through the autoscaler that owns its count', async () => {
    const practice = platform();
    const steps = await perform('scale-deployment', { namespace, name: 'guardrail-server', replicas: { atLeast: 6 } }, on(practice));
    expect(step(steps, 'scale')?.changes).toEqual([
      { what: 'HorizontalPodAutoscaler guardrail-server-hpa spec.minReplicas', from: 3, to: 6 },
    ]);
    expect(specOf(practice, 'Deployment', 'guardrail-server')['replicas']).toBe(6);
    expect(step(steps, 'usage')?.output).toMatchObject({ total: 3, cpu: 1.5 });
  });

  it('raises model-prompt-guard to 4', async () => {
    const practice = platform();
    await perform('scale-deployment', { namespace, name: 'model-prompt-guard', replicas: { atLeast: 4 } }, on(practice));
    expect(specOf(practice, 'Deployment', 'model-prompt-guard')['replicas']).toBe(4);
  });

  it('sets minReplicas of the autoscaler to 4', async () => {
    const practice = platform();
    const steps = await perform(
      'scale-autoscaler',
      { namespace, name: 'guardrail-server', autoscaler: 'guardrail-server-hpa', atLeast: 4 },
      on(practice),
    );
    expect(changing(steps)).toEqual(['scale']);
    expect(specOf(practice, 'HorizontalPodAutoscaler', 'guardrail-server-hpa')).toMatchObject({ minReplicas: 4, maxReplicas: 10 });
  });

  it.each([
    [100, 15],
    [12, 12],
    [8, 10],
  ])('lets an autoscaler go further by a half, to %i at most and never back', async (most, reached) => {
    const practice = platform();
    await perform('raise-autoscaler', { namespace, name: 'guardrail-server-hpa', most }, on(practice));
    expect(specOf(practice, 'HorizontalPodAutoscaler', 'guardrail-server-hpa')).toMatchObject({ minReplicas: 3, maxReplicas: reached });
  });
});

describe('setting an image', () => {
  const wish = { namespace, name: 'platform-api', container: 'platform-api', image: 'guardrails/platform-api:4.2.0' };

  it('tells how the rollout stood before, rolls out, and can be taken back', async () => {
    const practice = platform();
    const steps = await perform('set-image', wish, on(practice));
    expect(step(steps, 'before')?.output).toMatchObject({ complete: true, replicas: 2 });
    expect(step(steps, 'image')).toMatchObject({ settled: { settled: true }, changes: [{ from: 'guardrails/platform-api:4.1.2' }] });
    expect(imageOf(practice, 'platform-api')).toBe(wish.image);
    const plan = await actions
      .get('kubernetes.setImage')
      ?.plan({ cluster: 'default', kind: 'Deployment', ...wish, image: 'guardrails/platform-api:4.1.2' } as never, practice.context);
    expect(plan?.inverse).toMatchObject({ action: 'kubernetes.setImage', with: { image: wish.image } });
  });

  it('does not settle with an image that is not there', async () => {
    const steps = await perform('set-image', { ...wish, image: 'guardrails/platform-api:missing' }, on(platform()));
    expect(step(steps, 'image')?.settled).toMatchObject({ settled: false });
  });
});

describe('Jobs', () => {
  it('of a CronJob run now, and their log is kept', async () => {
    const practice = platform();
    const steps = await perform('run-cron-job', { namespace, cronJob: 'postgresql-backup' }, on(practice));
    expect(jobs(practice)).toEqual([expect.stringMatching(/^postgresql-backup-/) as string]);
    expect(step(steps, 'run')?.settled).toMatchObject({ settled: true, output: { succeeded: 1, logs: [{ lines: ['first', 'last'] }] } });
  });

  it('migrate a database with the image that is deployed', async () => {
    const practice = platform();
    const command = ['alembic', 'upgrade', 'head'];
    const steps = await perform('migrate-database', { namespace, deployment: 'platform-api', command, secret: 'database' }, on(practice));
    expect(step(steps, 'migrate')?.settled).toMatchObject({ settled: true });
    const [job] = practice.cluster.list('Job', namespace);
    expect(job?.['spec']).toMatchObject({
      backoffLimit: 0,
      template: {
        spec: { containers: [{ image: imageOf(practice, 'platform-api'), command, envFrom: [{ secretRef: { name: 'database' } }] }] },
      },
    });
  });

  it('run any container, bounded in time', async () => {
    const practice = platform();
    await perform('run-job', { namespace, name: 'tidy', image: 'tools:1', command: ['tidy', '--all'] }, on(practice));
    expect(practice.cluster.list('Job', namespace)[0]?.['spec']).toMatchObject({
      activeDeadlineSeconds: 3600,
      template: { spec: { restartPolicy: 'Never', containers: [{ image: 'tools:1', command: ['tidy', '--all'] }] } },
    });
  });

  it('rotate secrets before those who read them restart', async () => {
    const practice = platform();
    const steps = await perform('rotate-secrets', { namespace, cronJob: 'rotate-secrets' }, on(practice));
    expect(changing(steps)).toEqual(['rotate', 'platform-api', 'web-dashboard']);
    // What comes after a Job waits for its end.
    expect(actions.get('kubernetes.runJob')?.holdsRest).toBe(true);
  });

  it('upload the dump of a Redis once it is written', async () => {
    const practice = platform();
    const redis = new FakeRedis(['10.0.0.1:6379']);
    const sleep = async (): Promise<void> => void (redis.now += 1);
    const clock = { ...practice.context.clock, sleep };
    const context = { ...practice.context, clock, redis, write: { ...practice.context.write, redis } };
    const rest = (): void => practice.rest();
    const wish = { connection: 'cache', namespace, cronJob: 'redis-dump-upload' };
    const steps = await perform('upload-redis-dump', wish, { context, rest });
    expect(changing(steps)).toEqual(['save', 'upload']);
    expect(actions.get('redis.bgsave')?.holdsRest).toBe(true);
    expect(changing(await perform('bgsave', { connection: 'cache' }, { context, rest }))).toEqual(['save']);
  });
});

describe('a full node pool', () => {
  const wish = { namespace, selector: 'type=ml-model', nodes: 5, image: 'pool:1', secret: 'pool' };

  it('is not raised while every pod has found a node', async () => {
    await expect(perform('resize-node-pool', wish, on(platform()))).rejects.toThrow('every pod has found a node');
  });

  it('is raised by Terraform where one has not', async () => {
    const practice = platform();
    for (const node of practice.cluster.list('Node'))
      practice.cluster.update(node, (live) => ({ ...live, spec: { ...(live['spec'] as object), unschedulable: true } }));
    const [pod] = practice.cluster.list('Pod', namespace, { type: 'ml-model' });
    if (pod !== undefined) practice.cluster.delete(pod);
    practice.rest();
    const steps = await perform('resize-node-pool', wish, on(practice));
    expect(changing(steps)).toEqual(['apply']);
    expect(practice.cluster.list('Job', namespace)[0]?.['spec']).toMatchObject({
      template: { spec: { containers: [{ image: 'pool:1', env: [{ name: 'TF_VAR_node_count', value: '5' }] }] } },
    });
  });
});

describe('the database', () => {
  const lag = 'pg_replication_lag_seconds';
  const promotion = { namespace, statefulSet: 'postgresql', primary: 'postgresql-0', standby: 'postgresql-1', lag };
  const restoring = { namespace, backup: 'postgresql-backup', restore: 'postgresql-restore' };

  function stage() {
    const commands = new Map([['promote-standby', { argv: ['pg_ctlcluster', '15', 'main', 'promote'], params: {} }]]);
    const practice = new PracticeCluster({ commands });
    practice.add(...llmGuardrails.objects);
    const ran: object[] = [];
    const { context } = practice;
    const exec = async (request: object) => {
      ran.push(request);
      return { exitCode: 0, stdout: 'server promoting\n', stderr: '', truncated: false };
    };
    const prometheus = { query: async () => [{ labels: {}, at: 0, value: 2.5 }] };
    const write = { ...context.write, kubernetes: { ...context.write.kubernetes, exec } };
    const values = { lagSeconds: 2.5 };
    return { practice, ran, given: { context: { ...context, prometheus, write }, rest: () => practice.rest(), values } };
  }

  it('has no second primary made while the first is ready', async () => {
    const { ran, given } = stage();
    await expect(perform('promote-standby', promotion, given)).rejects.toThrow('the primary is ready');
    expect(ran).toEqual([]);
  });

  it('has its standby promoted where the primary is dead, with the lag beside it', async () => {
    const { practice, ran, given } = stage();
    practice.cluster.setPodReady(namespace, 'postgresql-0', false);
    const steps = await perform('promote-standby', promotion, given);
    expect(step(steps, 'lag')?.output).toMatchObject({ value: 2.5 });
    expect(changing(steps)).toEqual(['promote']);
    expect(ran).toMatchObject([{ pod: 'postgresql-1', argv: ['pg_ctlcluster', '15', 'main', 'promote'] }]);
  });

  it('is not restored where there is no backup', async () => {
    await expect(perform('restore-backup', restoring, on(platform()))).rejects.toThrow('no backup has succeeded yet');
  });

  it('is restored from the latest one, whose age is shown', async () => {
    const practice = platform();
    await perform('run-cron-job', { namespace, cronJob: 'postgresql-backup' }, on(practice));
    const steps = await perform('restore-backup', restoring, on(practice));
    expect(step(steps, 'backup')?.output).toMatchObject({ lastSuccessfulTime: expect.stringMatching(/^2026-/) as string });
    expect(jobs(practice)).toContainEqual(expect.stringMatching(/^postgresql-restore-/));
  });

  it('is looked at by its pods, logs, disks and lag, and what is not declared is left out', async () => {
    const { given } = stage();
    const wish = { namespace, statefulSet: 'postgresql', connection: 'guardrails-db', volumes: 'data-.*', lag };
    const steps = await perform('diagnose-database', wish, given);
    expect(changing(steps)).toEqual([]);
    expect(step(steps, 'pods')?.output).toMatchObject({ total: 2, ready: 2 });
    expect(step(steps, 'logs')?.output).toMatchObject({ matched: expect.any(Number) as number });
    expect(step(steps, 'disk')?.output).toMatchObject({ count: 1 });
    expect(step(steps, 'replication')?.skipped).toContain('PostgreSQL');
  });
});

describe('restarting the models', () => {
  it('goes on with the next only when the one before is complete', async () => {
    const practice = platform();
    const steps = await perform('restart-models', { namespace }, on(practice));
    const restarts = ['prompt-guard', 'pii-detect', 'hate-detect', 'content-class'];
    expect(steps.filter(({ action }) => action === 'kubernetes.restart').map(({ id }) => id)).toEqual(restarts);
    const order = steps.filter(({ changes }) => changes.length > 0).map(({ id }) => id);
    expect(order).toEqual(restarts.flatMap((model, index) => (index < 3 ? [model, `${model}-done`] : [model])));
    expect(step(steps, 'nodes')?.output).toMatchObject({ total: 3 });
    expect(step(steps, 'logs')?.output).toMatchObject({ truncated: expect.any(Boolean) as boolean });
  });
});

describe('looking', () => {
  const outputs = (steps: readonly Performed[]): Readonly<Record<string, Json | undefined>> =>
    Object.fromEntries(steps.map(({ id, output }) => [id, output]));

  it('at a pod shows what it is and what it said before its last restart', async () => {
    const practice = platform();
    const [pod] = practice.cluster.list('Pod', namespace, { app: 'platform-api' });
    const seen = await perform('diagnose-pod', { namespace, pod: pod?.metadata.name ?? '' }, on(practice));
    expect(outputs(seen)).toMatchObject({
      describe: { conditions: expect.arrayContaining([expect.objectContaining({ type: 'Ready' })]) as Json },
      previous: { logs: [{ lines: ['first', 'last'] }] },
    });
  });

  it('at a Service shows the pods behind it', async () => {
    const seen = await perform('diagnose-service', { namespace, service: 'guardrail-server' }, on(platform()));
    expect((outputs(seen)['describe'] as { pods: object[] }).pods).toHaveLength(3);
  });

  it('at a workload, a Job and a node shows their pods', async () => {
    const practice = platform();
    await perform('run-cron-job', { namespace, cronJob: 'postgresql-backup' }, on(practice));
    const [job = ''] = jobs(practice);
    const [node = ''] = practice.cluster.list('Node').map(({ metadata }) => metadata.name);
    const looks = [
      await perform('diagnose-workload', { namespace, name: 'guardrail-server' }, on(practice)),
      await perform('diagnose-job', { namespace, name: job }, on(practice)),
      await perform('diagnose-node', { node }, on(practice)),
    ];
    for (const seen of looks) {
      expect((outputs(seen)['describe'] as { pods: object[] }).pods.length).toBeGreaterThan(0);
      expect(changing(seen)).toEqual([]);
    }
  });

  it('at models shows what is there, and leaves out what is not', async () => {
    const practice = platform();
    const models = await perform(
      'diagnose-models',
      { namespace, selector: 'type=ml-model', server: 'guardrail-server', database: 'nowhere' },
      on(practice),
    );
    expect(outputs(models)['usage']).toMatchObject({ total: 9 });
    expect(step(models, 'activity')?.skipped).toContain('PostgreSQL');
  });

  it('at volumes shows how much is free, and fails where nobody tells', async () => {
    const practice = platform();
    const wish = { namespace, claim: 'data-postgresql-0' };
    await expect(perform('diagnose-volume', wish, on(practice))).rejects.toThrow('Prometheus');
    const asked: string[] = [];
    const query = (text: string) => Promise.resolve((asked.push(text), [{ labels: {}, at: 0, value: 2 ** 30 }]));
    const volume = await perform('diagnose-volume', wish, { ...on(practice), context: { ...practice.context, prometheus: { query } } });
    expect(asked).toEqual([
      'kubelet_volume_stats_available_bytes{namespace="guardrails-platform",persistentvolumeclaim="data-postgresql-0"}',
    ]);
    expect(outputs(volume)['available']).toMatchObject({ series: [{ value: 2 ** 30 }] });
    expect(outputs(volume)['events']).toMatchObject({ total: 0 });
  });
});
