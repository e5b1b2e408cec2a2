import { FixpointError } from '../../errors.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import type { JsonObject } from '../../value/json.ts';
import type { ReadContext } from '../action.ts';
import { jobState } from './job-state.ts';

interface CronJobSpec {
  readonly suspend?: boolean;
  readonly concurrencyPolicy?: 'Allow' | 'Forbid' | 'Replace';
  readonly successfulJobsHistoryLimit?: number;
  readonly failedJobsHistoryLimit?: number;
  readonly jobTemplate?: { readonly spec?: JsonObject };
}

export interface JobSource {
  readonly spec: JsonObject;
  readonly owner?: JsonObject;
  readonly notes: readonly string[];
  /** Nothing else clears the Job away. */
  readonly isKeptByNobody?: boolean;
}

export interface CronJobPlace {
  readonly cluster: string;
  readonly namespace: string;
  readonly cronJob: string;
}

type Reading = Pick<ReadContext, 'kubernetes' | 'signal'>;

/** As `kubectl create job --from` does it (test/fixtures/kubernetes/transcripts/12); `own` is the name that the Job gets. */
export async function fromCronJob(place: CronJobPlace, own: string, reading: Reading): Promise<JobSource> {
  const { namespace, cronJob } = place;
  const object = await readCronJob(place, reading);
  const spec = specOf(object);
  if (spec.jobTemplate?.spec === undefined) throw new FixpointError('target.ambiguous', `CronJob ${namespace}/${cronJob} has no template`);
  const busy = await busyReason(object, { place, own }, reading);
  if (busy !== undefined) throw new FixpointError('target.ambiguous', busy);
  // At such a limit the controller clears a Job of its own away as soon as it has ended (fact 30), and its result with it.
  const isCleared = spec.successfulJobsHistoryLimit === 0 || spec.failedJobsHistoryLimit === 0;
  const active = activeIn(object).length;
  const notes = [
    ...(spec.suspend === true ? [`CronJob ${cronJob} is suspended`] : []),
    ...(active > 0 ? [`CronJob ${cronJob} has ${active} ${active === 1 ? 'Job' : 'Jobs'} running already`] : []),
    isCleared
      ? `CronJob ${cronJob} keeps no ended Jobs: this one is not under its control`
      : `the Job counts for the history limits of CronJob ${cronJob}: an older one may be cleared away`,
  ];
  const owner = { apiVersion: 'batch/v1', kind: 'CronJob', name: cronJob, uid: object.metadata.uid, controller: !isCleared };
  return { spec: spec.jobTemplate.spec, owner, notes, isKeptByNobody: isCleared };
}

/** Right before the Job is made. */
export async function requireIdle(place: CronJobPlace, own: string, reading: Reading): Promise<void> {
  const busy = await busyReason(await readCronJob(place, reading), { place, own }, reading);
  if (busy !== undefined) throw new FixpointError('target.changed', busy);
}

/** Why a CronJob that lets its Jobs run one at a time has to be left alone now. */
async function busyReason(
  object: KubernetesObject,
  { place, own }: { readonly place: CronJobPlace; readonly own: string },
  reading: Reading,
): Promise<string | undefined> {
  const { cluster, namespace, cronJob } = place;
  const { concurrencyPolicy: policy = 'Allow' } = specOf(object);
  if (policy === 'Allow') return undefined;
  // Its status names only those that it has started itself.
  const jobs = await reading.kubernetes.list({ cluster, apiVersion: 'batch/v1', kind: 'Job', namespace }, reading.signal);
  const running = jobs
    .filter((job) => job.metadata.name !== own && isOf(job, object.metadata.uid) && jobState(job).ended === undefined)
    .map(({ metadata }) => metadata.name);
  if (running.length === 0) return undefined;
  const why =
    policy === 'Forbid' ? 'lets no second one run' : 'lets a new one only take the place of the old one, which is not ours to end';
  return `CronJob ${namespace}/${cronJob} (concurrencyPolicy ${policy}) ${why}: ${running.join(', ')} ${running.length === 1 ? 'is' : 'are'} running`;
}

async function readCronJob(
  { cluster, namespace, cronJob: name }: CronJobPlace,
  { kubernetes, signal }: Reading,
): Promise<KubernetesObject> {
  return await kubernetes.get({ cluster, apiVersion: 'batch/v1', kind: 'CronJob', namespace, name }, signal);
}

function specOf(object: KubernetesObject): CronJobSpec {
  return (object['spec'] ?? {}) as CronJobSpec;
}

function activeIn(object: KubernetesObject): readonly unknown[] {
  return (object['status'] as { active?: readonly unknown[] } | undefined)?.active ?? [];
}

/** Of a CronJob, under its control or not. */
function isOf(job: KubernetesObject, uid: string): boolean {
  const owners = (job.metadata['ownerReferences'] ?? []) as readonly { readonly uid: string }[];
  return owners.some((owner) => owner.uid === uid);
}
