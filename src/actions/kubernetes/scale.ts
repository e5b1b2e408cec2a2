import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import type { Plan } from '../../run/plan.ts';
import { isDnsSubdomain } from '../../value/name.ts';
import { defineAction, type WriteContext } from '../action.ts';
import { autoscalerOf, autoscalerRef, type Autoscaler } from './autoscaler.ts';
import { applyFields } from './field/apply-fields.ts';
import type { Field } from './field/json-patch.ts';
import { otherOwners } from './other-owners.ts';
import { patchIfSame } from './patch-if-same.ts';
import { quotaNotes, quotasIn } from './quota.ts';
import { rolloutSettled } from './template-change.ts';
import { traced, tracePermission } from './traced.ts';
import { describeWorkload, requireSame, workloadRef, type Workload } from './workload.ts';
import {
  declaredTarget,
  namesOne,
  ownerPermissions,
  resolvedTarget,
  resolveWorkload,
  scalableShape,
  workloadPermissions,
} from './workload-params.ts';

const scalable = ['Deployment', 'StatefulSet'] as const;

const Count = z.int().min(0).max(1000);

const Replicas = z
  .union([
    Count,
    z.strictObject({ atLeast: Count.min(1) }),
    z.strictObject({ atMost: Count.min(1) }),
    z.strictObject({ exactly: Count }),
    z.strictObject({ floor: Count.min(1) }),
  ])
  .describe(
    'A count, or a bound that the present count may already keep. Nothing but an explicit 0 scales to none, and what is at 0 is started by a count or `exactly` alone. Where an autoscaler owns the count, its `minReplicas` is set instead; `floor` is for that alone.',
  );

const Params = z
  .strictObject({
    ...scalableShape,
    replicas: Replicas,
    autoscaler: z
      .string()
      .refine((name) => name === '' || isDnsSubdomain(name), 'must be a DNS subdomain, or empty')
      .optional()
      .describe(
        'The HorizontalPodAutoscaler that owns the count. It is found without this; named, it must be that one, and `fixpoint rbac` grants the right to change it; it may then also be switched off, by a count of 0. Empty: as left out.',
      ),
  })
  .refine(...namesOne);

/** A count on the `scale` subresource. */
type DirectIntent = { readonly workload: Workload; readonly uid: string; readonly from: number; readonly to: number };
/** The lower bound of the autoscaler that owns the count. */
type FloorIntent = {
  readonly workload: Workload;
  readonly uid: string;
  readonly to: number;
  readonly autoscaler: { readonly name: string; readonly uid: string };
  readonly fields: readonly Field[];
};
type Intent = DirectIntent | FloorIntent;

export const scale = defineAction<z.infer<typeof Params>, Intent>({
  name: 'kubernetes.scale',
  summary: 'Set the replica count of a Deployment or StatefulSet, or the lower bound of the autoscaler that owns it.',
  effect: 'converge',
  output: '`{ replicas, generation }`, with `autoscaler` where its lower bound was set',
  params: Params,
  target: declaredTarget,
  permissions: (params) => {
    const { cluster, namespace } = params;
    const autoscalers = { cluster, namespace, apiGroup: 'autoscaling', resource: 'horizontalpodautoscalers' };
    return [
      ...workloadPermissions(params, ['get'], { kinds: scalable }),
      // A lower bound of what a named autoscaler owns is never set but through it.
      ...workloadPermissions(params, !isUnnamed(params) && isLowerBound(params.replicas) ? ['get'] : ['get', 'patch'], {
        kinds: scalable,
        subresource: 'scale',
      }),
      ...ownerPermissions(params),
      tracePermission(params),
      { ...autoscalers, verbs: ['list'] },
      ...(isUnnamed(params) ? [] : [{ ...autoscalers, verbs: ['get', 'patch'], name: params.autoscaler }]),
      { cluster, namespace, apiGroup: '', resource: 'resourcequotas', verbs: ['list'] },
    ];
  },
  async plan(params, context) {
    const { kubernetes, signal } = context;
    const workload = await resolveWorkload(params, context, scalable);
    const current = await kubernetes.getScale(workloadRef(workload), signal);
    const from = countOf(current);
    const target = resolvedTarget(params, workload);
    const to = wantedCount(params.replicas, from);
    if (from === 0 && isLowerBound(params.replicas))
      throw new FixpointError(
        'target.ambiguous',
        `${describeWorkload(workload)} is scaled to 0, and whoever did that is not overruled by a lower bound; \`exactly\` would start it`,
      );
    const direct = { workload, uid: current.metadata.uid, from, to };
    if (from === to && !isFloor(params.replicas)) return { intent: direct, changes: [], ...target };
    const [autoscaler, object, quotas] = await Promise.all([
      autoscalerOf(kubernetes, workload, signal),
      kubernetes.get(workloadRef(workload), signal),
      to > from ? quotasIn(workload, context) : [],
    ]);
    if (!isUnnamed(params) && params.autoscaler !== autoscaler?.name)
      throw new FixpointError(
        'target.ambiguous',
        `${autoscaler === undefined ? 'no HorizontalPodAutoscaler' : named(autoscaler)} owns the count of ${describeWorkload(workload)}, not ${params.autoscaler}`,
      );
    if (autoscaler === undefined && isFloor(params.replicas))
      throw new FixpointError('target.ambiguous', `no HorizontalPodAutoscaler owns the count of ${describeWorkload(workload)}`);
    const notes = quotaNotes(quotas, object, to - from);
    // At 0 an autoscaler is switched off (fact 29): who names it wants that.
    if (autoscaler !== undefined && to === 0 && !isUnnamed(params))
      return { ...planDirect(direct, [`${named(autoscaler)} is switched off while the count is 0`, ...notes]), ...target };
    if (autoscaler !== undefined && from > 0)
      return { ...planFloor(autoscaler, { ...direct, replicas: params.replicas, notes }), ...target };
    const owner = autoscaler === undefined ? [] : [noteOf(checkBounds(autoscaler, direct))];
    return { ...planDirect(direct, [...owner, ...otherOwners(object, [['spec', 'replicas']]), ...notes]), ...target };
  },
  async apply(intent, context) {
    return 'autoscaler' in intent ? await applyFloor(intent, context) : await applyDirect(intent, context);
  },
  async settled(intent, context) {
    if ('autoscaler' in intent) {
      const { kubernetes, signal } = context;
      const current = await kubernetes.getScale(workloadRef(intent.workload), signal);
      requireSame(current, intent.uid, describeWorkload(intent.workload));
      const count = countOf(current);
      if (count < intent.to) return { settled: false, reason: `the autoscaler has not raised the ${count} replicas yet` };
    }
    return await rolloutSettled(intent, context);
  },
});

function isUnnamed({ autoscaler = '' }: { readonly autoscaler?: string | undefined }): boolean {
  return autoscaler === '';
}

type Replicas = z.infer<typeof Replicas>;

/** Bounds keep up what runs; they do not start what was switched off. */
function isLowerBound(replicas: Replicas): boolean {
  return isFloor(replicas) || (typeof replicas === 'object' && 'atLeast' in replicas);
}

function isFloor(replicas: Replicas): boolean {
  return typeof replicas === 'object' && 'floor' in replicas;
}

function countOf(object: KubernetesObject): number {
  return (object['spec'] as { replicas?: number } | undefined)?.replicas ?? 0;
}

function wantedCount(replicas: Replicas, from: number): number {
  if (typeof replicas === 'number') return replicas;
  if ('atLeast' in replicas) return Math.max(from, replicas.atLeast);
  if ('atMost' in replicas) return Math.min(from, replicas.atMost);
  return 'floor' in replicas ? replicas.floor : replicas.exactly;
}

type Planned = Plan & { readonly intent: Intent };

function planDirect(intent: DirectIntent, notes: readonly string[]): Planned {
  const { workload, from, to } = intent;
  return {
    intent,
    changes: [{ what: 'spec.replicas', from, to }],
    ...(notes.length === 0 ? {} : { notes }),
    inverse: { action: 'kubernetes.scale', with: { ...workload, replicas: { exactly: from } } },
  };
}

interface Floor extends DirectIntent {
  readonly replicas: Replicas;
  readonly notes: readonly string[];
}

/** An autoscaler puts back what is outside its bounds, and moves what is inside (fact 29): its lower bound is the lever. */
function planFloor(autoscaler: Autoscaler, { workload, uid, from, to, replicas, notes }: Floor): Planned {
  const { name, min, max, object } = autoscaler;
  if (!isFloor(replicas) && to < from && min <= to)
    throw new FixpointError(
      'target.ambiguous',
      `${named(autoscaler)} has chosen ${from} replicas for ${describeWorkload(workload)}: only its maxReplicas (kubernetes.patch) keeps it at most at ${to}`,
    );
  checkBounds({ ...autoscaler, min: 1 }, { workload, to });
  const path = ['spec', 'minReplicas'] as const;
  const seen = (object['spec'] as { minReplicas?: number }).minReplicas ?? null;
  const what = `HorizontalPodAutoscaler ${name} spec.minReplicas`;
  const fields = min === to ? [] : [{ path, from: seen, to }];
  const intent = { workload, uid, to, autoscaler: { name, uid: object.metadata.uid }, fields };
  if (fields.length === 0) return { intent, changes: [], notes: [noteOf(autoscaler)] };
  return {
    intent,
    changes: [{ what, from: min, to }],
    notes: [
      `${named(autoscaler)} owns the count: it keeps at least ${to} and at most ${max} replicas, by its own measure`,
      ...otherOwners(object, [path]),
      ...notes,
    ],
    inverse: { action: 'kubernetes.scale', with: { ...workload, autoscaler: name, replicas: { floor: min } } },
  };
}

function named({ name }: Autoscaler): string {
  return `HorizontalPodAutoscaler ${name}`;
}

function noteOf(autoscaler: Autoscaler): string {
  return `${named(autoscaler)} (${autoscaler.min} to ${autoscaler.max}) owns the count and may change it again`;
}

function checkBounds(autoscaler: Autoscaler, { workload, to }: { workload: Workload; to: number }): Autoscaler {
  const { min, max } = autoscaler;
  if (to >= min && to <= max) return autoscaler;
  throw new FixpointError(
    'target.ambiguous',
    `${named(autoscaler)} keeps ${describeWorkload(workload)} between ${min} and ${max}; ${to} replicas ${to > max ? 'are more than its maxReplicas' : 'would be undone'}`,
  );
}

async function applyDirect({ workload, uid, from, to }: DirectIntent, context: WriteContext) {
  const { kubernetes, write, signal } = context;
  const ref = workloadRef(workload);
  const what = describeWorkload(workload);
  const look = async () => {
    const live = await kubernetes.getScale(ref, signal);
    requireSame(live, uid, what);
    const count = countOf(live);
    if (count !== to && count !== from)
      throw new FixpointError('target.changed', `${what} has ${count} replicas, neither the ${from} it was planned from nor ${to}`);
    return { done: count === to, live };
  };
  // `spec` of a Scale at 0 is `{}` (fact 16): testing a missing key for null succeeds (fact 12), testing it for 0 does not.
  const test = { op: 'test', path: '/spec/replicas', value: from === 0 ? null : from };
  const body = [{ op: 'test', path: '/metadata/uid', value: uid }, test, { op: 'add', path: '/spec/replicas', value: to }];
  const changed = { ref, uid, reason: 'Scaled', what: `spec.replicas ${from} → ${to}` };
  const send = () => traced(changed, context, () => write.kubernetes.patch({ ref, subresource: 'scale', type: 'json', body }, signal));
  await patchIfSame(send, look);
  const { metadata } = await kubernetes.get(ref, signal);
  return { replicas: to, generation: metadata.generation ?? 0 };
}

async function applyFloor({ workload, uid, to, autoscaler, fields }: FloorIntent, context: WriteContext) {
  const { kubernetes, signal } = context;
  const live = await kubernetes.get(workloadRef(workload), signal);
  requireSame(live, uid, describeWorkload(workload));
  if (countOf(live) === 0) throw new FixpointError('target.changed', `${describeWorkload(workload)} was scaled to 0 since it was planned`);
  const object = autoscalerRef(workload, autoscaler.name);
  const event = { reason: 'Scaled', what: `minReplicas ${to} for ${describeWorkload(workload)}` };
  await applyFields({ object, uid: autoscaler.uid, fields }, context, event);
  return { replicas: to, generation: live.metadata.generation ?? 0, autoscaler: autoscaler.name };
}
