import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import { generationOf, rolloutState } from '../../run/rollout.ts';
import { printable } from '../../value/printable.ts';
import { defineAction } from '../action.ts';
import { ClusterName, Namespace, ObjectName } from './names.ts';
import { patchIfSame } from './patch-if-same.ts';
import {
  describeWorkload,
  requireSame,
  workloadKinds,
  workloadPermission,
  workloadRef,
  workloadTarget,
  type WorkloadKind,
} from './workload.ts';
import { traced, tracePermission } from './traced.ts';

/** The annotation `kubectl rollout restart` sets (test/fixtures/kubernetes/transcripts/03b). */
const annotation = 'kubectl.kubernetes.io/restartedAt';

const Params = z.strictObject({
  cluster: ClusterName,
  kind: z.enum(workloadKinds).default('Deployment').describe('What is restarted.'),
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
};

/** A rolling restart: a new stamp on the pod template. */
export const restart = defineAction<z.infer<typeof Params>, Intent>({
  name: 'kubernetes.restart',
  summary: 'Restart the pods of a Deployment, StatefulSet or DaemonSet by its own rolling update.',
  effect: 'converge',
  params: Params,
  target: workloadTarget,
  permissions: (params) => [workloadPermission(params, ['get', 'patch']), tracePermission(params)],
  async plan(workload, { kubernetes, signal, clock }) {
    const object = await kubernetes.get(workloadRef(workload), signal);
    const obstacle = obstacleTo(object);
    if (obstacle !== undefined) throw new FixpointError('target.ambiguous', `${describeWorkload(workload)} ${obstacle}`);
    const from = stampOf(object);
    const second = Math.floor(clock.now() / 1000) * 1000;
    // Two restarts within one second would be one.
    const to = formatStamp(second) === from ? formatStamp(second + 1000) : formatStamp(second);
    const intent: Intent = { workload, uid: object.metadata.uid, from, to };
    return { intent, changes: [{ what: 'pod template restartedAt', from, to }] };
  },
  async apply({ workload, uid, from, to }, context) {
    const { kubernetes, write, signal } = context;
    const ref = workloadRef(workload);
    const what = describeWorkload(workload);
    let hasAnnotations = false;
    const look = async () => {
      const live = await kubernetes.get(ref, signal);
      requireSame(live, uid, what);
      const stamp = stampOf(live);
      if (stamp !== to && stamp !== from)
        throw new FixpointError(
          'target.changed',
          `${what} was restarted at ${stamp === null ? 'an unknown time' : printable(stamp, 40)} by someone else`,
        );
      const obstacle = stamp === to ? undefined : obstacleTo(live);
      if (obstacle !== undefined) throw new FixpointError('target.changed', `${what} ${obstacle}`);
      hasAnnotations = templateAnnotations(live) !== undefined;
      return { done: stamp === to, live };
    };
    const changed = { ref, uid, reason: 'Restarted', what: `restartedAt ${to}` };
    const send = () =>
      traced(changed, context, () =>
        write.kubernetes.patch({ ref, type: 'json', body: patchFor({ uid, from, to, hasAnnotations }) }, signal),
      );
    const restarted = await patchIfSame(send, look);
    return { restartedAt: to, generation: restarted.metadata.generation ?? 0 };
  },
  async settled({ workload, uid }, { kubernetes, signal, output }) {
    const object = await kubernetes.get(workloadRef(workload), signal);
    requireSame(object, uid, describeWorkload(workload));
    return rolloutState(object, generationOf(output) ?? 0);
  },
});

function patchFor({ uid, from, to, hasAnnotations }: { uid: string; from: string | null; to: string; hasAnnotations: boolean }) {
  const annotations = '/spec/template/metadata/annotations';
  const stamp = `${annotations}/${annotation.replace('/', '~1')}`;
  const preconditions = hasAnnotations
    ? [{ op: 'test', path: stamp, value: from }]
    : [
        { op: 'test', path: annotations, value: null },
        { op: 'add', path: annotations, value: {} },
      ];
  return [{ op: 'test', path: '/metadata/uid', value: uid }, ...preconditions, { op: 'add', path: stamp, value: to }];
}

/** Why a new stamp would be stored and nothing would restart. */
function obstacleTo(object: KubernetesObject): string | undefined {
  const spec = (object['spec'] ?? {}) as { paused?: boolean; updateStrategy?: { type?: string } };
  if (spec.paused === true) return 'is paused: a restart would wait until someone resumes it';
  if (spec.updateStrategy?.type === 'OnDelete') return 'has the update strategy OnDelete: its pods restart only when someone deletes them';
  return undefined;
}

function formatStamp(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

function templateAnnotations(object: KubernetesObject): Readonly<Record<string, string>> | undefined {
  return (object['spec'] as { template?: { metadata?: { annotations?: Record<string, string> } } } | undefined)?.template?.metadata
    ?.annotations;
}

function stampOf(object: KubernetesObject): string | null {
  return templateAnnotations(object)?.[annotation] ?? null;
}
