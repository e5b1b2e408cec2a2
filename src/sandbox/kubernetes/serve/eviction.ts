import type { SandboxResponse } from '../../listen.ts';
import { disrupted } from '../deletion.ts';
import { objectAt } from '../plain.ts';
import { methodNotAllowed } from '../status-error.ts';
import { jsonAnswer } from './answer.ts';
import { readObject } from './body.ts';
import { isDryRun, target } from './call.ts';
import type { Call } from './call.ts';
import { checkPreconditions } from './delete.ts';

/** POST pods/eviction: 201 means "terminating"; again on a terminating pod likewise. Disruption budgets are not simulated. */
export function serveEviction(call: Call): SandboxResponse {
  if (call.request.method !== 'POST') throw methodNotAllowed();
  const { object: eviction } = readObject(call.request, call.route, 'Eviction');
  const pod = target(call);
  const options = objectAt(eviction, 'deleteOptions');
  checkPreconditions(call.route.resource, pod, options);
  const inBody = Array.isArray(options['dryRun']) && options['dryRun'].includes('All');
  const isRehearsal = isDryRun(call.request, 'CreateOptions') || inBody;
  if (!isRehearsal && pod.metadata.deletionTimestamp === undefined) {
    const { cluster } = call;
    cluster.deletion.delete(cluster.store.put(disrupted(pod, cluster.clock.now())));
  }
  return jsonAnswer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
}
