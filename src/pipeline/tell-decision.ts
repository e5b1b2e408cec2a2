import type { Decision, Run } from '../run/run.ts';
import type { Engine } from './engine.ts';

/** Counts what a guard has said of a run, and says it in one line of the log. */
export function tellDecision(
  { metrics, log }: Pick<Engine, 'metrics' | 'log'>,
  run: Pick<Run, 'id' | 'rule'>,
  { guard, decision, reason }: Pick<Decision, 'decision' | 'reason'> & { readonly guard: string },
): void {
  metrics.decision(run.rule, guard, decision);
  // Some twenty guards allow what is done: they are lines for who looks closer.
  log[decision === 'allow' ? 'debug' : 'info']({ rule: run.rule, runId: run.id, guard, decision, reason }, 'guard decided');
}
