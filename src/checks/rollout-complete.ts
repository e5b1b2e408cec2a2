import { z } from 'zod';
import { parseTarget } from '../value/target.ts';
import { defineCheck } from './check.ts';
import { generationOf, rolloutState, uidOf } from '../run/rollout.ts';
import type { StepRecord } from '../run/run.ts';

const Params = z.strictObject({});

const kinds: Readonly<Record<string, string>> = {
  'deployment.apps': 'Deployment',
  'statefulset.apps': 'StatefulSet',
  'daemonset.apps': 'DaemonSet',
};

/** The workloads that the rung has changed are rolled out, for the generation that our own apply was answered with. */
export const rolloutComplete = defineCheck<z.infer<typeof Params>>({
  name: 'rolloutComplete',
  summary: 'Every workload the rung has changed is fully rolled out and available.',
  positive: true,
  params: Params,
  holdFor: () => 0,
  async evaluate(_params, { kubernetes, rung, now, signal }) {
    const steps = rung.steps.filter((step) => isChange(step) && generationOf(step.output) !== undefined);
    if (steps.length === 0) return { verdict: 'inconclusive', reason: 'no step of the rung has changed a workload' };
    for (const step of steps) {
      const target = parseTarget(step.target ?? '');
      const kind = target?.technology === 'kubernetes' ? kinds[target.kind] : undefined;
      if (target?.technology !== 'kubernetes' || kind === undefined || target.namespace === undefined) {
        return { verdict: 'inconclusive', reason: `step ${step.id} changed ${step.target ?? 'an unknown target'}, which has no rollout` };
      }
      const object = await kubernetes.get(
        { cluster: target.cluster, apiVersion: 'apps/v1', kind, namespace: target.namespace, name: target.name },
        signal,
      );
      const { uid } = object.metadata;
      const changed = uidOf(step.intent) ?? uid;
      if (uid !== changed) {
        const reason = `${kind} ${target.name} is another object by now (uid ${uid}, not ${changed}): it was deleted and made anew since it was changed`;
        return { verdict: 'failed', reason, sampledAt: now };
      }
      const state = rolloutState(object, generationOf(step.output) ?? 0);
      if (state.settled !== true) return { verdict: 'failed', reason: `${kind} ${target.name}: ${state.reason}`, sampledAt: now };
    }
    return {
      verdict: 'passed',
      reason: `${steps.length} ${steps.length === 1 ? 'workload is' : 'workloads are'} rolled out`,
      sampledAt: now,
    };
  },
});

/** What only reads, or waits for what reading gives, tells of generations as well. */
function isChange({ effect, target }: StepRecord): boolean {
  return effect !== 'read' && target?.startsWith('run/') !== true;
}
