import { z } from 'zod';
import { FixpointError, messageOf } from '../../errors.ts';
import { defineAction, type Settled, type WriteContext } from '../action.ts';
import { lengthBetween, lengthOf } from '../length.ts';
import { budgetNote, budgetPermission, budgetsIn } from './budget.ts';
import { affectedBy, podsToEvict, type DrainedPod } from './drain-pods.ts';
import { cordonPermissions, isCordoned, NodeParams, nodeRef, nodeTarget, planCordon, setCordon, type CordonIntent } from './node.ts';
import { endPod, livePod, podRef } from './pod-gone.ts';
import { requireSame } from './workload.ts';

/** Between two looks at pods that terminate or are held back by their budget, ms. */
const pause = 2000;

const Params = z.strictObject({
  ...NodeParams.shape,
  batch: z.int().min(1).max(50).default(5).describe('How many pods are evicted before those are waited for.'),
  mostPods: z.int().min(1).max(500).default(100).describe('A node with more pods to evict is refused.'),
  patience: lengthBetween(1000, 3_600_000)
    .default('45s')
    .describe(
      "How long pods that terminate or are held back by a budget are waited for; below the step's timeout, which ends it all the same.",
    ),
  emptyDirs: z
    .enum(['keep', 'delete'])
    .default('keep')
    .describe('keep: a pod with an emptyDir volume, whose data would be lost, refuses the drain.'),
});

type Intent = {
  readonly cordon: CordonIntent;
  readonly pods: readonly DrainedPod[];
  readonly batch: number;
  readonly patience: number;
};

/** Cordon, then evictions in batches. Only the pods that were planned are evicted. Output: `{ evicted, gone }`. */
export const drain = defineAction<z.infer<typeof Params>, Intent>({
  name: 'kubernetes.drain',
  summary: 'Cordon a node and evict its pods in batches, within their disruption budgets; DaemonSet and mirror pods stay.',
  effect: 'converge',
  params: Params,
  target: nodeTarget,
  permissions: (params) => [
    ...cordonPermissions(params),
    { cluster: params.cluster, apiGroup: '', resource: 'pods', verbs: ['get', 'list'] },
    { cluster: params.cluster, apiGroup: '', resource: 'pods/eviction', verbs: ['create'] },
    // Whose the pods are, and whether their owners and namespaces let them be touched.
    ...['replicasets', 'deployments', 'statefulsets'].map((resource) => {
      return { cluster: params.cluster, apiGroup: 'apps', resource, verbs: ['get'] };
    }),
    { cluster: params.cluster, apiGroup: 'batch', resource: 'jobs', verbs: ['get'] },
    { cluster: params.cluster, apiGroup: '', resource: 'namespaces', verbs: ['get'] },
    budgetPermission({ cluster: params.cluster }),
    { cluster: params.cluster, apiGroup: '', resource: 'events', verbs: ['create'] },
  ],
  async plan(params, context) {
    const { cluster, node, batch } = params;
    const cordoned = await planCordon({ cluster, node }, true, context);
    const { pods, live } = await podsToEvict(params, context);
    const changes = [
      ...cordoned.changes,
      ...pods.map(({ namespace, pod }) => ({ what: `pod ${namespace}/${pod}`, from: 'on the node', to: 'evicted' })),
    ];
    const notes: string[] = [];
    for (const namespace of new Set(pods.map((pod) => pod.namespace))) {
      const budgets = await budgetsIn({ cluster, namespace }, context);
      for (const pod of live) {
        const note = pod.metadata.namespace === namespace ? budgetNote(pod, budgets) : undefined;
        if (note !== undefined && !notes.includes(note)) notes.push(note);
      }
    }
    const intent: Intent = { cordon: cordoned.intent, pods, batch, patience: lengthOf(params.patience) };
    return {
      intent,
      changes,
      affects: await affectedBy(live, cluster, context),
      ...(notes.length === 0 ? {} : { notes }),
      ...(cordoned.inverse === undefined ? {} : { inverse: cordoned.inverse }),
    };
  },
  async apply(intent, context) {
    const { cordon, pods, batch } = intent;
    const progress: Progress = { evicted: 0, gone: 0 };
    try {
      await setCordon(cordon, context);
      for (let start = 0; start < pods.length; start += batch) {
        const these = pods.slice(start, start + batch);
        await requireCordoned(cordon, context);
        await evictAll(these, { intent, progress, context });
      }
    } catch (error) {
      if (!(error instanceof FixpointError)) throw error;
      // Whoever reads why it stopped has to know how far it came.
      throw new FixpointError(error.code, `${messageOf(error)}; ${toldOf(progress, pods.length, cordon.place.node)}`, {
        cause: error,
        details: error.details,
      });
    }
    return { evicted: progress.evicted, gone: pods.length };
  },
  async settled({ cordon: { place }, pods }, context): Promise<Settled> {
    for (const { namespace, pod, uid } of pods) {
      if ((await livePod({ cluster: place.cluster, namespace, pod }, uid, context)) !== undefined)
        return { settled: false, reason: `pod ${namespace}/${pod} is still on the node` };
    }
    return { settled: true };
  },
});

/** Somebody who lets the node take pods again while we drain it wants it to have them. */
async function requireCordoned({ place, uid }: CordonIntent, { kubernetes, signal }: WriteContext): Promise<void> {
  const node = await kubernetes.get(nodeRef(place), signal);
  requireSame(node, uid, `node ${place.node}`);
  if (!isCordoned(node)) throw new FixpointError('target.changed', `node ${place.node} was uncordoned by someone else`);
}

/** Pods evicted by this apply, and those that are gone, whoever made them go. */
interface Progress {
  evicted: number;
  gone: number;
}

function toldOf({ evicted, gone }: Progress, total: number, node: string): string {
  return `${evicted} evicted, ${gone} of ${total} pods off node ${node}`;
}

/** Evicts a batch and waits until all of it is gone. */
async function evictAll(
  batch: readonly DrainedPod[],
  { intent, progress, context }: { readonly intent: Intent; readonly progress: Progress; readonly context: WriteContext },
): Promise<void> {
  const { place } = intent.cordon;
  const { write, clock, run, signal } = context;
  const until = clock.now() + intent.patience;
  let left = batch;
  for (;;) {
    let held: FixpointError | undefined;
    const still: DrainedPod[] = [];
    for (const drained of left) {
      const where = { cluster: place.cluster, namespace: drained.namespace, pod: drained.pod };
      const pod = { ...podRef(where), uid: drained.uid };
      try {
        if (await endPod(where, { uid: drained.uid, context, end: () => write.kubernetes.evict(pod, signal) })) {
          progress.evicted += 1;
          await write.kubernetes.trace(
            pod,
            { reason: 'Evicted', message: `Fixpoint: drains node ${place.node} (run ${run})`, run },
            signal,
          );
        }
      } catch (error) {
        if (!(error instanceof FixpointError) || error.code !== 'kubernetes.budget-spent') throw error;
        held = error;
      }
      if ((await livePod(where, drained.uid, context)) === undefined) progress.gone += 1;
      else still.push(drained);
    }
    if (still.length === 0) return;
    left = still;
    if (clock.now() >= until)
      throw held ?? new FixpointError('timeout', `${still.length} pods do not end (${still[0]?.namespace}/${still[0]?.pod})`);
    await clock.sleep(pause, signal);
  }
}
