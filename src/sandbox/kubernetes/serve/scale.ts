import type { SandboxResponse } from '../../listen.ts';
import type { KubernetesObject } from '../object.ts';
import { compact, numberAt, objectAt, valueAt } from '../plain.ts';
import { selectorText } from '../selector.ts';
import { invalid, methodNotAllowed } from '../status-error.ts';
import { notNegative } from '../validate-template.ts';
import { jsonAnswer } from './answer.ts';
import { readObject } from './body.ts';
import { isDryRun, target } from './call.ts';
import type { Call } from './call.ts';
import { patched } from './patch-object.ts';

const scaleResource = { group: 'autoscaling', plural: 'scales', kind: 'Scale' };

/** GET, PUT and PATCH of the scale subresource; replicas left out mean 0 (test/fixtures/kubernetes/transcripts/02-scale.json). */
export function serveScale(call: Call): SandboxResponse {
  const { request, cluster } = call;
  const object = target(call);
  const scale = scaleOf(object);
  if (request.method === 'GET') return jsonAnswer(200, scale);
  if (request.method !== 'PATCH' && request.method !== 'PUT') throw methodNotAllowed();
  const isRehearsal = isDryRun(request, request.method === 'PATCH' ? 'PatchOptions' : 'UpdateOptions');
  const { object: wanted, warnings } = request.method === 'PATCH' ? patched(request, scale) : readObject(request, call.route, 'Scale');
  const replicas = numberAt(wanted, 'spec', 'replicas') ?? 0;
  const causes = notNegative('spec.replicas', replicas);
  if (causes.length > 0) throw invalid(scaleResource, object.metadata.name, causes);
  const { uid, resourceVersion } = wanted.metadata;
  const metadata = { ...object.metadata, ...compact({ uid, resourceVersion }) };
  const next = { ...object, metadata, spec: { ...objectAt(object, 'spec'), replicas } };
  const updated = cluster.writes.update(object, next, { isDryRun: isRehearsal, subresource: 'scale' });
  return jsonAnswer(200, scaleOf(updated), warnings);
}

function scaleOf(object: KubernetesObject): KubernetesObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = numberAt(object, 'spec', 'replicas') ?? 0;
  const status = { replicas: numberAt(object, 'status', 'replicas') ?? 0, selector: selectorText(valueAt(object, 'spec', 'selector')) };
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { ...compact({ namespace, uid, resourceVersion, creationTimestamp }), name },
    spec: replicas === 0 ? {} : { replicas },
    status,
  };
}
