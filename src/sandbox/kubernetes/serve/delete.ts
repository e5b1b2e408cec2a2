import type { SandboxRequest, SandboxResponse } from '../../listen.ts';
import { terminating } from '../deletion.ts';
import type { Propagation } from '../deletion.ts';
import type { KubernetesObject } from '../object.ts';
import { compact, isPlainObject, numberAt, textAt } from '../plain.ts';
import type { PlainObject } from '../plain.ts';
import { badRequest, deletePrecondition } from '../status-error.ts';
import type { ResourceName } from '../status-error.ts';
import { jsonAnswer } from './answer.ts';
import { jsonProblem } from './body.ts';
import { isDryRun, target } from './call.ts';
import type { Call } from './call.ts';
import { listOf } from './collection.ts';
import { admit } from './objects.ts';

interface DeleteOptions {
  readonly isRehearsal: boolean;
  readonly graceSeconds?: number;
  readonly propagation?: Propagation;
}

/** Answers with the object where it stays for a while or its kind does so, else with a Status. */
export function deleteObject(call: Call): SandboxResponse {
  const { resource } = call.route;
  const body = readOptions(call.request);
  const object = target(call);
  checkPreconditions(resource, object, body);
  admit(call, { operation: 'delete', object });
  const options = optionsOf(call.request, body);
  if (resource.kind === 'Job' && options.propagation === undefined) return orphanPods(call, object, options);
  const left = deleted(call, object, options);
  if (left !== undefined || resource.isDeleteAnsweredByObject) return jsonAnswer(200, left ?? object);
  const { name, uid } = object.metadata;
  const group = resource.group === '' ? {} : { group: resource.group };
  return jsonAnswer(200, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...group, kind: resource.plural, uid },
  });
}

const orphaning =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning';

/** A Job deleted without a word about its pods leaves them behind (fact 32). */
function orphanPods(call: Call, job: KubernetesObject, { isRehearsal }: DeleteOptions): SandboxResponse {
  if (!isRehearsal) call.cluster.deletion.delete(job, { propagation: 'Orphan' });
  const ending = terminating(job, 0, call.cluster.clock.now());
  const metadata = { ...ending.metadata, generation: (job.metadata.generation ?? 0) + 1, finalizers: ['orphan'] };
  return jsonAnswer(200, { ...ending, metadata }, [orphaning]);
}

/** Deletes all that the selectors name and answers with their list. */
export function deleteCollection(call: Call): SandboxResponse {
  const options = optionsOf(call.request, readOptions(call.request));
  const { list, objects } = listOf(call);
  for (const object of objects) {
    admit(call, { operation: 'delete', object });
    deleted(call, object, options);
  }
  return jsonAnswer(200, list);
}

function deleted(call: Call, object: KubernetesObject, options: DeleteOptions): KubernetesObject | undefined {
  if (!options.isRehearsal) return call.cluster.deletion.delete(object, options);
  if (object.kind !== 'Pod') return undefined;
  return terminating(
    object,
    options.graceSeconds ?? numberAt(object, 'spec', 'terminationGracePeriodSeconds') ?? 30,
    call.cluster.clock.now(),
  );
}

function readOptions(request: SandboxRequest): PlainObject {
  if (request.body.trim() === '') return {};
  const problem = jsonProblem(request.body);
  if (problem !== '') throw badRequest(`couldn't get version/kind; json parse error: ${problem}`);
  const parsed: unknown = JSON.parse(request.body);
  return isPlainObject(parsed) ? parsed : {};
}

function optionsOf(request: SandboxRequest, body: PlainObject): DeleteOptions {
  const inBody = Array.isArray(body['dryRun']) && body['dryRun'].includes('All');
  const grace = request.query.get('gracePeriodSeconds');
  const given = request.query.get('propagationPolicy') ?? textAt(body, 'propagationPolicy');
  const propagation = (['Background', 'Foreground', 'Orphan'] as const).find((policy) => policy === given);
  return {
    isRehearsal: isDryRun(request, 'DeleteOptions') || inBody,
    ...compact({ graceSeconds: grace === null ? numberAt(body, 'gracePeriodSeconds') : Number(grace), propagation }),
  };
}

/** The uid and resourceVersion that DeleteOptions, alone or within an Eviction, may demand. */
export function checkPreconditions(resource: ResourceName, object: KubernetesObject, options: PlainObject): void {
  const { name, uid = '', resourceVersion = '' } = object.metadata;
  const givenUid = textAt(options, 'preconditions', 'uid');
  const givenVersion = textAt(options, 'preconditions', 'resourceVersion');
  if (givenUid !== '' && givenUid !== uid) throw deletePrecondition(resource, 'UID', { name, given: givenUid, found: uid });
  if (givenVersion !== '' && givenVersion !== resourceVersion)
    throw deletePrecondition(resource, 'ResourceVersion', { name, given: givenVersion, found: resourceVersion });
}
