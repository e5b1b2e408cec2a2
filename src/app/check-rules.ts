import { actions } from '../actions/catalogue.ts';
import type { Config } from '../config/config.ts';
import type { Problem } from '../rule/load.ts';
import { checkTargets } from './check-targets.ts';
import { countModes, type ModeCounts } from './mode-counts.ts';
import { readRuleFiles } from './rule-files.ts';
import { loadRules } from './rulebook-shelf.ts';
import { shapes } from './shapes.ts';

/** All problems of the rules in a place; counts are 0, and there are no modes, where errors keep them from loading. */
export function checkRules(place: Parameters<typeof loadRules>[0] & Partial<Pick<Config, 'protection'>>): {
  problems: readonly Problem[];
  rules: number;
  remediations: number;
  modes?: ModeCounts;
} {
  const { rulebook, problems } = loadRules(place, shapes());
  const { protection } = place;
  const denied = rulebook === undefined || protection === undefined ? [] : checkTargets(rulebook.rules, { actions, protection });
  return {
    problems: [...problems, ...denied],
    rules: rulebook?.rules.length ?? 0,
    remediations: rulebook?.remediationNames.length ?? readRuleFiles(place.remediations).length,
    ...(rulebook === undefined ? {} : { modes: countModes(rulebook.rules) }),
  };
}
