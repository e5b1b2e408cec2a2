import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import { generationOf, rolloutState } from '../../run/rollout.ts';
import { defineAction } from '../action.ts';
import { ClusterName, Namespace, ObjectName } from './names.ts';
import { describeWorkload, requireSame, workloadKinds, workloadPermission, workloadRef, workloadTarget, type WorkloadKind } from './workload.ts';

/** The annotation `kubectl rollout restart` sets (test/fixtures/kubernetes/transcripts/03b). */
const annotation = 'kubectl.kubernetes.io/restartedAt';

const Params = z.strictObject({
  cluster: ClusterName,
  kind: z.enum(workloadKinds).default('Deployment'),
  namespace: Namespace,
  name: ObjectName,
});

type Intent = {
  readonly workload: { cluster: string; kind: WorkloadKind; namespace: string; name: string };
  readonly uid: string;
  /** The stamp before; null where there is none. */
  readonly from: string | null;
  /** The stamp of this restart, RFC 3339 in whole seconds, fixed by the plan: applying it twice is one restart. */
  readonly to: string;
  readonly hasAnnotations: boolean;
};

/** A rolling restart: a new stamp on the pod template. */
export const restart = defineAction<z.infer<typeof Params>, Intent>({
  name: 'kubernetes.restart',
  summary: 'Restart the pods of a Deployment, StatefulSet or DaemonSet by its own rolling update.',
  effect: 'converge',
  params: Params,
  target: workloadTarget,
  permissions: (params) => [workloadPermission(params, ['get', 'patch'])],
  async plan(workload, { kubernetes, signal, clock }) {
    const object = await kubernetes.get(workloadRef(workload), signal);
    if ((object['spec'] as { paused?: boolean } | undefined)?.paused === true) {
      throw new FixpointError('target.ambiguous', `${describeWorkload(workload)} is paused: a restart would wait until someone resumes it`);
    }
    const from = stampOf(object);
    const to = new Date(Math.floor(clock.now() / 1000) * 1000).toISOString().replace('.000Z', 'Z');
    const intent: Intent = { workload, uid: object.metadata.uid, from, to, hasAnnotations: templateAnnotations(object) !== undefined };
    return { intent, changes: [{ what: 'pod template restartedAt', from, to }] };
  },
  async apply({ workload, uid, from, to, hasAnnotations }, { kubernetes, write, signal }) {
    const ref = workloadRef(workload);
    const what = describeWorkload(workload);
    const live = await kubernetes.get(ref, signal);
    requireSame(live, uid, what);
    const stamp = stampOf(live);
    if (stamp === to) return { restartedAt: to, generation: live.metadata.generation ?? 0 };
    if (stamp !== from) throw new FixpointError('target.changed', `${what} was restarted at ${stamp ?? 'an unknown time'} by someone else`);
    const path = `/spec/template/metadata/annotations/${annotation.replace('/', '~1')}`;
    const body = [
      { op: 'test', path: '/metadata/uid', value: uid },
      ...(hasAnnotations ? [{ op: 'test', path, value: from }] : [{ op: 'test', path: '/spec/template/metadata/annotations', value: null }, { op: 'add', path: '/spec/template/metadata/annotations', value: {} }]),
      { op: 'add', path, value: to },
    ];
    const patched = await write.kubernetes.patch({ ref, type: 'json', body }, signal);
    return { restartedAt: to, generation: patched.metadata.generation ?? 0 };
  },
  async settled({ workload, uid }, { kubernetes, signal, output }) {
    const object = await kubernetes.get(workloadRef(workload), signal);
    requireSame(object, uid, describeWorkload(workload));
    return rolloutState(object, generationOf(output) ?? 0);
  },
});

function templateAnnotations(object: KubernetesObject): Readonly<Record<string, string>> | undefined {
  return (object['spec'] as { template?: { metadata?: { annotations?: Record<string, string> } } } | undefined)?.template?.metadata?.annotations;
}

function stampOf(object: KubernetesObject): string | null {
  return templateAnnotations(object)?.[annotation] ?? null;
}
