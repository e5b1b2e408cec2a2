import { z } from 'zod';
import { defineAction } from '../action.ts';
import { textOf, valueAt } from './field/path.ts';
import { applyTemplate, planTemplate, rolloutSettled, templatePermissions, type TemplateIntent } from './template-change.ts';
import { declaredTarget, namesOne, workloadShape } from './workload-params.ts';

/** The annotation `kubectl rollout restart` sets (test/fixtures/kubernetes/transcripts/03b). */
const stampPath = ['spec', 'template', 'metadata', 'annotations', 'kubectl.kubernetes.io/restartedAt'] as const;

const Params = z.strictObject(workloadShape).refine(...namesOne);

/** A rolling restart: a new stamp on the pod template, fixed by the plan, so that applying it twice is one restart. */
export const restart = defineAction<z.infer<typeof Params>, TemplateIntent>({
  name: 'kubernetes.restart',
  summary: 'Restart the pods of a Deployment, StatefulSet or DaemonSet by its own rolling update.',
  effect: 'converge',
  output: '`{ restartedAt, generation }`',
  params: Params,
  target: declaredTarget,
  permissions: templatePermissions,
  plan: (params, context) =>
    planTemplate(params, context, (object) => {
      const from = valueAt(object, stampPath);
      const second = Math.floor(context.clock.now() / 1000) * 1000;
      // Two restarts within one second would be one.
      const to = formatStamp(second) === from ? formatStamp(second + 1000) : formatStamp(second);
      return Promise.resolve({ fields: [{ path: stampPath, what: 'pod template restartedAt', from, to }] });
    }),
  async apply(intent, context) {
    const restartedAt = textOf(intent.fields[0]?.to);
    const generation = await applyTemplate(intent, context, { reason: 'Restarted', what: `restartedAt ${restartedAt}` });
    return { restartedAt, generation };
  },
  settled: rolloutSettled,
});

/** RFC 3339 in whole seconds. */
function formatStamp(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
