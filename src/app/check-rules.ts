import type { Problem } from '../rule/load.ts';
import { countModes, type ModeCounts } from './mode-counts.ts';
import { readRuleFiles } from './rule-files.ts';
import { loadRules } from './rulebook-shelf.ts';
import { shapes } from './shapes.ts';

/** All problems of the rules in a place; counts are 0, and there are no modes, where errors keep them from loading. */
export function checkRules(place: Parameters<typeof loadRules>[0]): {
  problems: readonly Problem[];
  rules: number;
  remediations: number;
  modes?: ModeCounts;
} {
  const { rulebook, problems } = loadRules(place, shapes());
  return {
    problems,
    rules: rulebook?.rules.length ?? 0,
    remediations: rulebook?.remediationNames.length ?? readRuleFiles(place.remediations).length,
    ...(rulebook === undefined ? {} : { modes: countModes(rulebook.rules) }),
  };
}
