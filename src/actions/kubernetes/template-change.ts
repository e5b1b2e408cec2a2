import { FixpointError } from '../../errors.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import { generationOf, rolloutState } from '../../run/rollout.ts';
import type { Change, Inverse, Plan } from '../../run/plan.ts';
import type { Json } from '../../value/json.ts';
import type { Permission, ReadContext, Settled, WriteContext } from '../action.ts';
import { applyFields } from './field/apply-fields.ts';
import { isSame, type Field } from './field/json-patch.ts';
import { otherOwners } from './other-owners.ts';
import { tracePermission } from './traced.ts';
import { describeWorkload, obstacleToRollout, requireSame, workloadKinds, workloadRef, type Workload } from './workload.ts';
import { ownerPermissions, resolvedTarget, resolveWorkload, workloadPermissions, type WorkloadParams } from './workload-params.ts';

/** A change of a pod template, which its workload rolls out. */
export type TemplateIntent = { readonly workload: Workload; readonly uid: string; readonly fields: readonly Field[] };

/** One field of a template, with the words for it; `shown` where people read it otherwise than the API stores it. */
export type TemplateField = Field & { readonly what: string; readonly shown?: { readonly from: Json; readonly to: Json } };

export function templatePermissions(params: WorkloadParams): readonly Permission[] {
  return [...workloadPermissions(params, ['get', 'patch']), ...ownerPermissions(params), tracePermission(params)];
}

/** Reads the workload, refuses one that would store the change and replace no pod, and names what differs. */
export async function planTemplate(
  params: WorkloadParams,
  context: ReadContext,
  build: (
    object: KubernetesObject,
    workload: Workload,
  ) => Promise<{ readonly fields: readonly TemplateField[]; readonly inverse?: Inverse; readonly notes?: readonly string[] }>,
): Promise<Plan & { readonly intent: TemplateIntent }> {
  const { kubernetes, signal } = context;
  const workload = await resolveWorkload(params, context, workloadKinds);
  const object = await kubernetes.get(workloadRef(workload), signal);
  const obstacle = obstacleToRollout(object);
  if (obstacle !== undefined) throw new FixpointError('target.ambiguous', `${describeWorkload(workload)} ${obstacle}`);
  const { fields, inverse, notes = [] } = await build(object, workload);
  const changed = fields.filter(({ from, to }) => !isSame(from, to));
  const changes: readonly Change[] = changed.map(({ what, from, to, shown = { from, to } }) => ({ what, ...shown }));
  const intent = { workload, uid: object.metadata.uid, fields: changed.map(({ path, from, to }) => ({ path, from, to })) };
  const target = resolvedTarget(params, workload);
  if (changed.length === 0) return { intent, changes, ...target };
  const owners = otherOwners(
    object,
    changed.map(({ path }) => path),
  );
  const allNotes = [...notes, ...owners];
  return {
    intent,
    changes,
    ...target,
    ...(inverse === undefined ? {} : { inverse }),
    ...(allNotes.length === 0 ? {} : { notes: allNotes }),
  };
}

export async function applyTemplate(
  { workload, uid, fields }: TemplateIntent,
  context: WriteContext,
  event: { readonly reason: string; readonly what: string },
): Promise<number> {
  const { metadata } = await applyFields({ object: workloadRef(workload), uid, fields }, context, {
    ...event,
    obstacle: obstacleToRollout,
  });
  return metadata.generation ?? 0;
}

/** Whether the workload has rolled out the generation that apply made. */
export async function rolloutSettled(
  { workload, uid }: { readonly workload: Workload; readonly uid: string },
  { kubernetes, signal, output }: ReadContext & { readonly output: Json },
): Promise<Settled> {
  const object = await kubernetes.get(workloadRef(workload), signal);
  requireSame(object, uid, describeWorkload(workload));
  return rolloutState(object, generationOf(output) ?? 0);
}
