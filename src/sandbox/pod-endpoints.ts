import { textAnswer } from './answer.ts';
import type { Cluster } from './kubernetes/cluster.ts';
import { isReady, isTerminating } from './kubernetes/controllers/control.ts';
import { textAt } from './kubernetes/plain.ts';
import type { SandboxHandler } from './listen.ts';
import type { Patient } from './patients/patient.ts';

/**
 * An HTTP proxy to the addresses of pods, which exist in the simulated cluster alone, and to the services themselves: the header
 * `host` says who is meant. A patient answers for its own pods.
 */
export function podEndpoints(
  cluster: Pick<Cluster, 'list'>,
  { patients, serviceAt }: { readonly patients: readonly Patient[]; readonly serviceAt: (host: string) => SandboxHandler | undefined },
): SandboxHandler {
  return async (request, signal) => {
    const host = request.headers['host'] ?? '';
    const service = serviceAt(host);
    if (service !== undefined) return await service(request, signal);
    const [address = ''] = host.split(':');
    const pod = cluster.list('Pod').find((each) => textAt(each, 'status', 'podIP') === address && isReady(each) && !isTerminating(each));
    const patient = patients.find(({ namespaces }) => namespaces.includes(pod?.metadata.namespace ?? ''));
    if (pod === undefined || patient?.answerPod === undefined) return textAnswer(502, `nothing answers at ${address}\n`);
    return await patient.answerPod(pod, request, signal);
  };
}
