import type { Operations } from '../api/operations.ts';
import { actOnRun } from '../pipeline/act-on-run.ts';
import { demotions, restoreRule } from '../pipeline/demotion.ts';
import type { Engine } from '../pipeline/engine.ts';
import { explain } from '../pipeline/explain.ts';
import type { IntakeSource } from '../pipeline/intake.ts';
import { replay } from '../pipeline/replay.ts';
import { undoByHand } from '../pipeline/undo-by-hand.ts';
import { wakeWaiting } from '../pipeline/wake-waiting.ts';
import { reloadByHand } from './reload-by-hand.ts';
import { assertRuleWithin } from './rights/rule-reach.ts';
import type { RulebookShelf } from './rulebook-shelf.ts';

/** What people can ask the service to do, by the engine that does it. */
export function operationsOf(
  engine: Engine,
  { shelf, sourceNamed }: { readonly shelf: RulebookShelf; readonly sourceNamed: (name: string) => IntakeSource },
): Operations {
  return {
    act: (kind, run, wish) => actOnRun(engine, run, { kind, ...wish }),
    undo: (run, wish) => undoByHand(engine, run, wish),
    pauseLifted: async () => void (await wakeWaiting(engine, 'paused')),
    replay: (request) => replay(engine, sourceNamed, request),
    explain: (message, source) => explain(engine, sourceNamed(source), message),
    async restore(rule, wish) {
      assertRuleWithin(rule, shelf.current.rule(rule), wish);
      await restoreRule(engine, rule, wish);
    },
    demotions: () => demotions(engine),
    reload: (by) => reloadByHand({ shelf, store: engine.store }, by),
  };
}
