import { z } from 'zod';
import { codeOf, FixpointError } from '../../errors.ts';
import type { KubernetesObject, ObjectRef } from '../../ports/kubernetes.ts';
import { contentHash, type JsonObject } from '../../value/json.ts';
import { secretNamesIn } from '../../value/secret-marker.ts';
import type { Target } from '../../value/target.ts';
import { defineAction, type Permission, type ReadContext, type Settled } from '../action.ts';
import { fromCronJob, requireIdle, type JobSource } from './cron-job.ts';
import { jobState } from './job-state.ts';
import { jobLogs, type JobLog } from './job-logs.ts';
import { ClusterName, Namespace, ObjectName } from './names.ts';
import { traced, tracePermission } from './traced.ts';

/** A finished Job is kept at least so long that its result can be read, s. */
const shortestKept = 900;

/** Whose Job it is. */
const runAnnotation = 'fixpoint.dev/run';

/** A Job's name is at most this long, as its pods carry it in a label. */
const longestName = 63;

const largestTemplate = 32_768;

const Template = z
  .record(z.string(), z.json())
  .refine((spec) => JSON.stringify(spec).length <= largestTemplate, `must not be longer than ${largestTemplate} characters of JSON`)
  .refine((spec) => secretNamesIn(JSON.stringify(spec)).length === 0, 'must not hold a secret; let the Job read a Secret of the cluster')
  .refine((spec) => typeof spec['template'] === 'object' && spec['template'] !== null, 'must be the spec of a Job, with template');

const Params = z
  .strictObject({
    cluster: ClusterName,
    namespace: Namespace,
    cronJob: ObjectName.optional().describe('The CronJob whose Job is run now; this or `template`.'),
    template: Template.optional().describe('The spec of a Job; this or `cronJob`.'),
    name: ObjectName.max(40).optional().describe('What the name of the Job begins with; the CronJob or `fixpoint` unless told.'),
    logLines: z.int().min(0).max(200).default(20).describe('How many last lines of its log are kept, of each container.'),
  })
  .refine(({ cronJob, template }) => (cronJob === undefined) !== (template === undefined), 'must have exactly one of cronJob and template');

type Intent = {
  readonly place: { cluster: string; namespace: string; name: string };
  readonly cronJob?: string;
  readonly body: JsonObject;
  readonly logLines: number;
};

/** One Job whose name comes from run and step, so that a repeat finds it. Output: `{ job, uid }`, settled also `{ succeeded, seconds, logs }`. */
export const runJob = defineAction<z.infer<typeof Params>, Intent>({
  name: 'kubernetes.runJob',
  summary: "Run a Job from a template or a CronJob and wait for its end; its result is the step's.",
  effect: 'converge',
  holdsRest: true,
  params: Params,
  target: (params) => jobTarget(params),
  permissions: ({ cluster, namespace, cronJob }) => [
    ...(cronJob === undefined ? [] : [{ cluster, namespace, apiGroup: 'batch', resource: 'cronjobs', verbs: ['get'], name: cronJob }]),
    { cluster, namespace, apiGroup: 'batch', resource: 'jobs', verbs: ['get', 'create', ...(cronJob === undefined ? [] : ['list'])] },
    { cluster, namespace, apiGroup: '', resource: 'pods', verbs: ['list'] } satisfies Permission,
    { cluster, namespace, apiGroup: '', resource: 'pods/log', verbs: ['get'] },
    tracePermission({ cluster, namespace }),
  ],
  async plan(params, context) {
    const { cluster, namespace, cronJob, logLines } = params;
    // Two rungs of a run may have a step of the same name.
    const suffix = contentHash({ run: context.run, step: context.step, params }, 5);
    const begin = (params.name ?? cronJob ?? 'fixpoint').slice(0, longestName - suffix.length - 1).replace(/[-.]+$/, '');
    const name = `${begin}-${suffix}`;
    const source: JobSource =
      cronJob === undefined
        ? { spec: params.template as JsonObject, notes: [] }
        : await fromCronJob({ cluster, namespace, cronJob }, name, context);
    const { ttlSecondsAfterFinished: ttl, ...spec } = source.spec;
    const isBounded = typeof ttl === 'number' || source.isKeptByNobody === true;
    const kept: JsonObject = isBounded ? { ttlSecondsAfterFinished: Math.max(typeof ttl === 'number' ? ttl : 0, shortestKept) } : {};
    const metadata = {
      name,
      annotations: { 'cronjob.kubernetes.io/instantiate': 'manual', [runAnnotation]: context.run },
      ...(source.owner === undefined ? {} : { ownerReferences: [source.owner] }),
    };
    const body: JsonObject = { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { ...spec, ...kept } };
    const intent: Intent = { place: { cluster, namespace, name }, ...(cronJob === undefined ? {} : { cronJob }), body, logLines };
    const what = cronJob === undefined ? 'Job of the template' : `Job of CronJob ${cronJob}`;
    const changes = [{ what, from: null, to: name }];
    return source.notes.length === 0 ? { intent, changes } : { intent, changes, notes: source.notes };
  },
  async apply({ place, cronJob, body }, context) {
    const { write, signal } = context;
    const ref = jobRef(place);
    const existing = await findJob(place, context);
    if (existing === undefined && cronJob !== undefined) await requireIdle({ ...place, cronJob }, place.name, context);
    const job = existing ?? (await createJob(() => write.kubernetes.create(ref, body, { signal }), place, context));
    if (job.metadata.annotations?.[runAnnotation] !== context.run)
      throw new FixpointError('target.changed', `Job ${place.namespace}/${place.name} is there already, and not ours`);
    if (existing === undefined)
      await traced({ ref, uid: job.metadata.uid, reason: 'JobStarted', what: 'started' }, context, () => Promise.resolve(job));
    return { job: place.name, uid: job.metadata.uid };
  },
  async settled({ place, logLines }, context): Promise<Settled> {
    const { uid } = context.output as { uid: string };
    const job = await findJob(place, context);
    // A finished Job may have been cleared away (fact 12): what has become of it is unknown, and so it has failed.
    if (job === undefined || job.metadata.uid !== uid)
      return { settled: 'failed', reason: `Job ${place.namespace}/${place.name} is gone, and nobody knows how it ended` };
    const state = jobState(job);
    if (state.ended === undefined) return { settled: false, reason: `Job ${place.name} is running` };
    const logs = await jobLogs(place, logLines, context);
    if (state.ended === 'failed')
      return { settled: 'failed', reason: `Job ${place.namespace}/${place.name} failed: ${state.reason}${lastWords(logs)}` };
    return { settled: true, output: { job: place.name, uid, succeeded: state.succeeded, seconds: state.seconds, logs } };
  },
});

function jobRef({ cluster, namespace, name }: Intent['place']): ObjectRef {
  return { cluster, apiVersion: 'batch/v1', kind: 'Job', namespace, name };
}

/** Jobs are new each time: what must not run twice at once is the CronJob, or what the template is called. */
function jobTarget({ cluster, namespace, cronJob, name }: z.infer<typeof Params>): Target {
  return cronJob === undefined
    ? { technology: 'kubernetes', cluster, namespace, kind: 'job.batch', name: name ?? 'fixpoint' }
    : { technology: 'kubernetes', cluster, namespace, kind: 'cronjob.batch', name: cronJob };
}

async function findJob(
  place: Intent['place'],
  { kubernetes, signal }: Pick<ReadContext, 'kubernetes' | 'signal'>,
): Promise<KubernetesObject | undefined> {
  try {
    return await kubernetes.get(jobRef(place), signal);
  } catch (error) {
    if (codeOf(error) === 'kubernetes.not-found') return undefined;
    throw error;
  }
}

/** 409 means that an answer was lost and the Job is there. */
async function createJob(
  create: () => Promise<KubernetesObject>,
  place: Intent['place'],
  context: Pick<ReadContext, 'kubernetes' | 'signal'>,
): Promise<KubernetesObject> {
  try {
    return await create();
  } catch (error) {
    const job = codeOf(error) === 'kubernetes.conflict' ? await findJob(place, context) : undefined;
    if (job !== undefined) return job;
    throw error;
  }
}

function lastWords(logs: readonly JobLog[]): string {
  const text = logs.find(({ lines }) => lines.length > 0)?.lines.at(-1);
  return text === undefined ? '' : `; its last line: ${text.slice(0, 300)}`;
}
