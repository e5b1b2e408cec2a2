import { isTerminal } from '../../../src/run/phase.ts';
import type { Run } from '../../../src/run/run.ts';
import { PipelineRig, type RigOptions } from '../pipeline-rig.ts';
import { rulesFile, slowRule } from './rules.ts';

/** One rule for every deployment that the label names. */
export function fleetRule(guards: string): string {
  return rulesFile(
    slowRule({ guards, ladder: "[{ remediation: scale, with: { name: '${labels.app}', replicas: { atLeast: 4 } } }]" }).replace(
      'subject: kubernetes/default/shop/deployment.apps/web',
      "subject: 'kubernetes/default/shop/deployment.apps/${labels.app}'",
    ),
  );
}

/** Eight deployments, `app0` to `app7`, beside `web` and `db`; whatever is done helps. */
export function fleetRig(guards: string, options: RigOptions = {}): PipelineRig {
  const rig = new PipelineRig({ ...options, rules: fleetRule(guards) });
  for (let index = 0; index < 8; index += 1) rig.world.add(`app${index}`, 2);
  rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 0 }];
  return rig;
}

/** The alert of one of them. */
export const ill = (index: number) => ({ fingerprint: `f${index}`, labels: { app: `app${index}` } });

/** All runs, once they have ended. */
export async function endedRuns(rig: PipelineRig, limit = 3_600_000): Promise<readonly Run[]> {
  await rig.until(async () => (await rig.runs()).every(({ phase }) => isTerminal(phase)), limit);
  return await rig.runs();
}
