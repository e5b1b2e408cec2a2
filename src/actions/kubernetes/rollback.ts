import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { KubernetesObject, ObjectRef } from '../../ports/kubernetes.ts';
import type { Change } from '../../run/plan.ts';
import { contentHash, type Json, type JsonObject } from '../../value/json.ts';
import { defineAction } from '../action.ts';
import { containersIn } from './container.ts';
import { jsonPatchOf, type Field } from './field/json-patch.ts';
import { pathText, valueAt, type Path } from './field/path.ts';
import { differences } from './field/differences.ts';
import { ObjectName } from './names.ts';
import { otherOwners } from './other-owners.ts';
import { patchIfSame } from './patch-if-same.ts';
import {
  bareTemplate,
  leftAnnotation,
  presentRevision,
  revisionKind,
  revisionOf,
  revisionPermissions,
  revisionsOf,
  wantedRevision,
} from './revision.ts';
import { stuckPods } from './stuck-pods.ts';
import { rolloutSettled, templatePermissions } from './template-change.ts';
import { traced } from './traced.ts';
import { describeWorkload, obstacleToRollout, requireSame, workloadKinds, workloadRef, type Workload } from './workload.ts';
import { declaredTarget, namesOne, resolvedTarget, resolveWorkload, workloadShape } from './workload-params.ts';

const Params = z
  .strictObject({
    ...workloadShape,
    revision: z
      .union([z.int().min(1).max(1_000_000_000), ObjectName])
      .optional()
      .describe(
        'A revision by its number, or by the name of its ReplicaSet or ControllerRevision, which stays; left out: the one before the present one, refused where that is the one that a roll-back of Fixpoint has left.',
      ),
  })
  .refine(...namesOne);

/** Templates may hold anything: only what tells them apart is kept, and the one to go back to is read again when it is needed. */
type Intent = {
  readonly workload: Workload;
  readonly uid: string;
  /** The name under which Kubernetes keeps the template; numbers move with every roll-back (fact 6). */
  readonly revision: string;
  readonly fromHash: string;
  readonly toHash: string;
};

const templatePath = ['spec', 'template'] as const;

export const rollback = defineAction<z.infer<typeof Params>, Intent>({
  name: 'kubernetes.rollback',
  summary: 'Go back to the previous or a named revision of a Deployment, StatefulSet or DaemonSet.',
  effect: 'converge',
  output: '`{ revision, generation }`; `revision` is the name that stays',
  params: Params,
  target: declaredTarget,
  permissions: (params) => [...templatePermissions(params), ...revisionPermissions(params)],
  async plan(params, context) {
    const { kubernetes, signal } = context;
    const workload = await resolveWorkload(params, context, workloadKinds);
    const what = describeWorkload(workload);
    const object = await kubernetes.get(workloadRef(workload), signal);
    const obstacle = obstacleToRollout(object);
    if (obstacle !== undefined) throw new FixpointError('target.ambiguous', `${what} ${obstacle}`);
    const revisions = await revisionsOf(kubernetes, { workload, object, signal });
    const present = presentRevision(object, revisions);
    if (present === undefined)
      throw new FixpointError('target.ambiguous', `${what}: no kept revision has its present pod template; its controller may be behind`);
    const wanted = wantedRevision(revisions, { object, present, wanted: params.revision, what });
    const [fromHash, toHash] = [contentHash(present.template), contentHash(wanted.template)];
    const intent = { workload, uid: object.metadata.uid, revision: wanted.name, fromHash, toHash };
    const target = resolvedTarget(params, workload);
    if (fromHash === toHash) return { intent, changes: [], ...target };
    const stuck = workload.kind === 'StatefulSet' ? await stuckPods(kubernetes, { workload, object, signal }) : [];
    const notes = [
      ...differenceNote(present.template, wanted.template),
      ...stuck.map((pod) => `${pod} does not start; a StatefulSet keeps such a pod after a roll-back until it is deleted`),
      ...otherOwners(object, [templatePath]),
    ];
    return {
      intent,
      changes: [{ what: 'pod template', from: present.name, to: wanted.name }, ...imageChanges(present.template, wanted.template)],
      ...target,
      notes,
      inverse: { action: 'kubernetes.rollback', with: { ...workload, revision: present.name } },
    };
  },
  async apply({ workload, uid, revision, fromHash, toHash }, context) {
    const { kubernetes, write, signal } = context;
    const what = describeWorkload(workload);
    const ref: ObjectRef = workloadRef(workload);
    let body: Json = [];
    const look = async () => {
      const live = await kubernetes.get(ref, signal);
      requireSame(live, uid, what);
      const template = valueAt(live, templatePath);
      const hash = contentHash(bareTemplate(template));
      if (hash === toHash) return { done: true, live };
      if (hash !== fromHash) throw new FixpointError('target.changed', `${what} has another pod template than the one it was planned from`);
      const obstacle = obstacleToRollout(live);
      if (obstacle !== undefined) throw new FixpointError('target.changed', `${what} ${obstacle}`);
      const { cluster, kind, namespace } = workload;
      const kept = await kubernetes.get({ cluster, apiVersion: 'apps/v1', kind: revisionKind(kind), namespace, name: revision }, signal);
      const to = revisionOf(kept, uid);
      if (to === undefined || contentHash(to.template) !== toHash)
        throw new FixpointError('target.changed', `${what}: ${revision} is not the revision any more that was planned`);
      body = [
        { op: 'test', path: '/metadata/uid', value: uid },
        { op: 'test', path: '/spec/template', value: template },
        { op: 'replace', path: '/spec/template', value: to.template },
        ...jsonPatchOf(live, [leaving(live, { fromHash, toHash })]),
      ];
      return { done: false, live };
    };
    const changed = { ref, uid, reason: 'RolledBack', what: `rolled back to ${revision}` };
    const send = () => traced(changed, context, () => write.kubernetes.patch({ ref, type: 'json', body }, signal));
    const { metadata } = await patchIfSame(send, look);
    return { revision, generation: metadata.generation ?? 0 };
  },
  async settled(intent, context) {
    const state = await rolloutSettled(intent, context);
    const { workload } = intent;
    if (state.settled !== false || workload.kind !== 'StatefulSet') return state;
    const { kubernetes, signal } = context;
    const object = await kubernetes.get(workloadRef(workload), signal);
    const except = (object['status'] as { updateRevision?: string } | undefined)?.updateRevision;
    if (except === undefined) return state;
    const [stuck] = await stuckPods(kubernetes, { workload, object, except, signal });
    if (stuck === undefined) return state;
    return { settled: 'failed', reason: `${stuck} does not start and a StatefulSet keeps it after a roll-back: it must be deleted` };
  },
});

/** Whoever goes back to what a roll-back has left, as its inverse does, says that it is good again: nothing is left then. */
function leaving(live: KubernetesObject, { fromHash, toHash }: Pick<Intent, 'fromHash' | 'toHash'>): Field {
  const from = live.metadata.annotations?.[leftAnnotation] ?? null;
  return { path: ['metadata', 'annotations', leftAnnotation], from, to: from === toHash ? null : fromHash };
}

function imageChanges(from: JsonObject, to: JsonObject): readonly Change[] {
  const before = new Map(containersIn(from).map(({ name, image }) => [name, image ?? null]));
  const after = new Map(containersIn(to).map(({ name, image }) => [name, image ?? null]));
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const change = { what: `container ${name} image`, from: before.get(name) ?? null, to: after.get(name) ?? null };
    return change.from === change.to ? [] : [change];
  });
}

/** Which other fields differ, without their values. */
function differenceNote(from: JsonObject, to: JsonObject): readonly string[] {
  const paths: readonly Path[] = differences(from, to).filter((path) => path.at(-1) !== 'image');
  if (paths.length === 0) return [];
  const shown = paths.slice(0, 10).map(pathText).join(', ');
  return [`the pod template also differs in ${shown}${paths.length > 10 ? ` and ${paths.length - 10} more` : ''}`];
}
