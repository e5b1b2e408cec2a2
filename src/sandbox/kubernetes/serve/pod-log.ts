import type { SandboxResponse } from '../../listen.ts';
import { containerNames } from '../controllers/pod-status.ts';
import type { KubernetesObject } from '../object.ts';
import { listAt, textAt, valueAt } from '../plain.ts';
import { badRequest, invalid, methodNotAllowed } from '../status-error.ts';
import type { Cause } from '../status-error.ts';
import { forbiddenField, invalidValue } from '../validate-template.ts';
import { textAnswer } from './answer.ts';
import { target } from './call.ts';
import type { Call } from './call.ts';
import { integerIn } from './collection.ts';

const logOptions = { group: '', plural: 'podlogoptions', kind: 'PodLogOptions' };

/** GET pods/log as text; a pod without a node has no log yet (204). `follow` ends with what there is. */
export function serveLog(call: Call): SandboxResponse {
  if (call.request.method !== 'GET') throw methodNotAllowed();
  const tail = integerIn(call, 'tailLines');
  const pod = target(call);
  checkOptions(call, tail);
  const container = containerOf(call, pod);
  if (textAt(pod, 'spec', 'nodeName') === '') return { status: 204, headers: {}, body: '' };
  const waiting = listAt(pod, 'status', 'containerStatuses').find(
    (status) => status['name'] === container && valueAt(status, 'state', 'waiting') !== undefined,
  );
  const reason = textAt(waiting, 'state', 'waiting', 'reason');
  if (waiting !== undefined && reason !== 'CrashLoopBackOff')
    throw badRequest(`container "${container}" in pod "${pod.metadata.name}" is waiting to start: ${reason}`);
  const text = call.cluster.options.podLog?.(pod, container) ?? defaultLog(pod, container);
  const lines = text.split('\n').filter((line) => line !== '');
  const shown = tail === undefined ? lines : lines.slice(lines.length - Math.min(tail, lines.length));
  const stamp = call.request.query.get('timestamps') === 'true' ? `${new Date(call.cluster.clock.now()).toISOString()} ` : '';
  const limit = integerIn(call, 'limitBytes');
  const bytes = Buffer.from(shown.map((line) => `${stamp}${line}\n`).join(''));
  return textAnswer(200, (limit === undefined ? bytes : bytes.subarray(0, limit)).toString());
}

function defaultLog(pod: KubernetesObject, container: string): string {
  return Array.from(
    { length: 20 },
    (_, index) => `${pod.metadata.namespace ?? ''}/${pod.metadata.name}[${container}] line ${index + 1}`,
  ).join('\n');
}

function checkOptions(call: Call, tail: number | undefined): void {
  const { query } = call.request;
  const causes: Required<Cause>[] = [];
  if (tail !== undefined && tail < 0) causes.push(invalidValue('tailLines', String(tail), 'must be greater than or equal to 0'));
  if (query.has('sinceSeconds') && query.has('sinceTime'))
    causes.push(forbiddenField('[]', 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  if (causes.length > 0) throw invalid(logOptions, call.route.name, causes);
}

/** The container a request names, else the pod's only one. */
export function containerOf(call: Call, pod: KubernetesObject): string {
  const main = containerNames(pod);
  const all = [...main, ...listAt(pod, 'spec', 'initContainers').map((each) => textAt(each, 'name'))];
  const given = call.request.query.get('container') ?? '';
  if (given !== '') {
    if (!all.includes(given)) throw badRequest(`container ${given} is not valid for pod ${pod.metadata.name}`);
    return given;
  }
  const [only = ''] = main;
  if (main.length > 1)
    throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, choose one of: [${main.join(' ')}]`);
  return only;
}
