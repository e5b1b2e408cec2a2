import { parseTimestamp } from '../alert/timestamp.ts';
import { phases } from '../run/phase.ts';
import { parseDuration } from '../value/duration.ts';
import { nearest } from '../value/nearest.ts';

/** What the service would refuse an option of the command line for, by the option's name. */
const judges: Readonly<Record<string, (text: string) => string | undefined>> = {
  phase(text) {
    if (phases.some((phase) => phase === text)) return undefined;
    const similar = nearest(text, phases);
    const hint = similar === undefined ? '.' : `; did you mean ${similar}?`;
    return `there is no phase ${JSON.stringify(text)}${hint} There are: ${phases.join(', ')}`;
  },
  since: (text) => momentProblem('since', text),
  until: (text) => momentProblem('until', text),
  limit: (text) =>
    /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 500
      ? undefined
      : `--limit is a number from 1 to 500, not ${JSON.stringify(text)}`,
};

/** Undefined where nothing is wrong with what an option was given. */
export function optionProblem(name: string, text: string): string | undefined {
  return judges[name]?.(text);
}

function momentProblem(name: string, text: string): string | undefined {
  const isMoment = parseDuration(text) !== undefined || parseTimestamp(text) !== undefined;
  return isMoment ? undefined : `--${name} is a time (2026-01-31T12:00:00Z) or a duration (30m, 2h), not ${JSON.stringify(text)}`;
}
