import type { CompiledRule } from './compiled-rule.ts';
import { strictestMode } from './mode.ts';

/** What a rule is for: one that `looks` has no step that changes anything, one that `plans` may apply none. */
export type Purpose = 'acts' | 'looks' | 'plans';

export function purposeOf({ ladder }: Pick<CompiledRule, 'ladder'>): Purpose {
  if (ladder.every(({ mode }) => strictestMode(mode, 'plan') === mode)) return 'plans';
  return ladder.some(({ steps }) => steps.some(({ effect }) => effect !== 'read')) ? 'acts' : 'looks';
}
