import { alertStorm } from '../../../src/guards/alert-storm.ts';
import { blastRadius } from '../../../src/guards/blast-radius.ts';
import { protectedTarget } from '../../../src/guards/protected-target.ts';
import { fleetSize } from '../../../src/pipeline/fleet-size.ts';
import type { CompiledRule } from '../../../src/rule/compiled-rule.ts';
import type { PracticeCluster } from '../../support/actions/practice-cluster.ts';
import { contextOf, target } from '../guards/guard-context.ts';

/** What the guards that read the cluster say against it, as admission asks them. */
export async function denials(
  { guards: settings }: CompiledRule,
  { target: text, practice }: { readonly target: string; readonly practice: PracticeCluster },
): Promise<readonly string[]> {
  const { kubernetes } = practice.context;
  const storm = { subjects: 50, alerts: 20_000, fleet: 50, window: 300_000, quiet: 600_000 };
  const counted = fleetSize(kubernetes, settings.blastRadius?.fleet);
  const context = contextOf({ kubernetes, settings, storm, targets: [target(text)], fleetSize: counted });
  const asked = [
    async () => await protectedTarget.evaluate?.(context),
    async () => await blastRadius.claims?.(context),
    async () => await alertStorm.claims?.(context),
  ].map(async (ask) => {
    try {
      const answer = await ask();
      return answer !== undefined && 'decision' in answer && answer.decision !== 'allow' ? [answer.reason] : [];
    } catch (error) {
      return [String(error)];
    }
  });
  return (await Promise.all(asked)).flat();
}
