import { textAnswer } from './answer.ts';
import type { Cluster } from './kubernetes/cluster.ts';
import { isReady, isTerminating } from './kubernetes/controllers/control.ts';
import { textAt } from './kubernetes/plain.ts';
import type { SandboxHandler } from './listen.ts';
import type { Patient } from './patients/patient.ts';

/**
 * An HTTP proxy to the addresses of pods, which exist in the simulated cluster alone: the header `host` says which pod is meant.
 * A patient answers for its own.
 */
export function podEndpoints(cluster: Pick<Cluster, 'list'>, patients: readonly Patient[]): SandboxHandler {
  return async (request, signal) => {
    const [address = ''] = (request.headers['host'] ?? '').split(':');
    const pod = cluster.list('Pod').find((each) => textAt(each, 'status', 'podIP') === address && isReady(each) && !isTerminating(each));
    const patient = patients.find(({ namespaces }) => namespaces.includes(pod?.metadata.namespace ?? ''));
    if (pod === undefined || patient?.answerPod === undefined) return textAnswer(502, `nothing answers at ${address}\n`);
    return await patient.answerPod(pod, request, signal);
  };
}
