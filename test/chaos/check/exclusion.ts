import type { Invariant, RunStory, Violation } from './evidence.ts';

interface Hold {
  readonly run: string;
  readonly target: string;
  readonly from: number;
  readonly until: number;
}

/** I2: from a run's first effect on a target to the end of its rung, and while an interrupted one waits for a person, nobody else acts there. */
export const targetsAreHeldAlone: Invariant = ({ effects, acknowledged, now }, { runs }) => {
  const holds = [...runs.values()].flatMap((run) => holdsOf(run, { acknowledgedAt: acknowledged.get(run.id), now }));
  const byTarget = Map.groupBy(holds, ({ target }) => target);
  return effects.flatMap((effect): Violation[] => {
    const { sender, at } = effect;
    if (sender === undefined || !effect.hasChanged) return [];
    const target = lockOf(effect);
    const other = byTarget.get(target)?.find((hold) => hold.run !== sender.run && hold.from < at && at < hold.until);
    if (other === undefined) return [];
    const what = `${effect.what} by run ${sender.run} while run ${other.run} held it (${other.until - other.from} ms)`;
    return [{ invariant: 'I2', what, about: sender.run, target: effect.target, at }];
  });
};

/** All bells are one target. */
function lockOf({ what, target }: { what: string; target: string }): string {
  return what === 'ring' ? 'bells' : target;
}

function holdsOf(run: RunStory, { acknowledgedAt, now }: { acknowledgedAt: number | undefined; now: number }): readonly Hold[] {
  const ends = run.entries.filter(({ type, at }) => type === 'rung-ended' || at === run.end?.at).map(({ at }) => at);
  const isQuarantined = run.end?.phase === 'interrupted';
  const firsts = new Map<string, Hold>();
  for (const effect of run.effects.filter(({ hasChanged }) => hasChanged)) {
    const target = lockOf(effect);
    const rungEnd = ends.find((at) => at >= effect.at) ?? (run.end === undefined ? now : effect.at);
    const until = isQuarantined ? (acknowledgedAt ?? now) : rungEnd;
    const key = `${target} ${until}`;
    if (!firsts.has(key)) firsts.set(key, { run: run.id, target, from: effect.at, until });
  }
  return [...firsts.values()];
}
