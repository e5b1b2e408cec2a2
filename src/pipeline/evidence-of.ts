import type { Run } from '../run/run.ts';
import { oneLine } from '../value/one-line.ts';

/** Characters of what one step has read, and of all of it. */
const longestStep = 1000;
const longestText = 6000;

/** What the reading steps of a run have found, one line a step, for a person who is called; cut where it is long, whole in the run. */
export function evidenceOf({ rungs }: Pick<Run, 'rungs'>): string {
  const lines = rungs.flatMap((rung) =>
    rung.steps.flatMap(({ id, effect, output, error }) => {
      if (effect !== 'read') return [];
      const found = error === undefined ? JSON.stringify(output ?? null) : `not read: ${error.message}`;
      return [oneLine(`   ${id}: ${found}`, longestStep)];
    }),
  );
  return lines.length === 0 ? '' : ['What was read:', ...lines].join('\n').slice(0, longestText).toWellFormed();
}
