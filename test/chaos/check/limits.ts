import type { Evidence, Invariant, RunStory, Violation } from './evidence.ts';
import { tolerance } from './tolerance.ts';

/** I3: rates, attempts and cooldowns, counted anew from the targets' logs. What takes a change back is charged to nobody. */
export const limitsAreKept: Invariant = (evidence, { runs }) => {
  const acting = [...runs.values()].filter((run) => !run.isUndo && firstEffect(run) !== undefined);
  return [...ratesExceeded(evidence, acting), ...attemptsExceeded(evidence, acting), ...cooldownsBroken(evidence, acting)];
};

function firstEffect({ effects }: RunStory): number | undefined {
  return effects[0]?.at;
}

/**
 * A run is charged between its making and its first effect. So a window that holds both of more runs than the rate allows has been
 * exceeded whenever each was charged.
 */
function ratesExceeded({ promises }: Evidence, acting: readonly RunStory[]): readonly Violation[] {
  return [...Map.groupBy(acting, ({ rule }) => rule)].flatMap(([rule, runs]) => {
    const rate = promises[rule]?.rate;
    if (rate === undefined) return [];
    return runs.flatMap((run): Violation[] => {
      const until = run.createdAt + rate.window;
      const within = runs.filter((other) => other.createdAt >= run.createdAt && (firstEffect(other) ?? Infinity) <= until);
      if (within.length <= rate.count) return [];
      const what = `rule ${rule}: ${within.length} runs acted within ${rate.window} ms, ${rate.count} may (${within.map(({ id }) => id).join(', ')})`;
      return [{ invariant: 'I3', what, about: run.id, at: run.createdAt }];
    });
  });
}

function attemptsExceeded({ promises }: Evidence, acting: readonly RunStory[]): readonly Violation[] {
  return [...Map.groupBy(acting, ({ incident }) => incident)].flatMap(([incident, runs]): Violation[] => {
    const [first] = runs;
    const most = promises[first?.rule ?? '']?.attempts;
    if (first === undefined || most === undefined || runs.length <= most) return [];
    const what = `incident ${incident}: ${runs.length} runs acted, ${most} may`;
    return [{ invariant: 'I3', what, about: first.id, at: first.createdAt }];
  });
}

function cooldownsBroken({ promises }: Evidence, acting: readonly RunStory[]): readonly Violation[] {
  return [...Map.groupBy(acting, ({ rule, fingerprint }) => `${rule} ${fingerprint}`).values()].flatMap((runs) => {
    const inOrder = runs.toSorted((a, b) => (firstEffect(a) ?? 0) - (firstEffect(b) ?? 0));
    return inOrder.slice(1).flatMap((run, index): Violation[] => {
      const before = inOrder[index]?.end?.at;
      const at = firstEffect(run) ?? 0;
      const cooldown = promises[run.rule]?.cooldown ?? 0;
      if (before === undefined || at >= before + cooldown - tolerance.cooldown) return [];
      const what = `run ${run.id} acted ${at - before} ms after the run before it, the cooldown is ${cooldown} ms`;
      return [{ invariant: 'I3', what, about: run.id, at }];
    });
  });
}
