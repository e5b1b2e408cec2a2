import { allow } from './decide.ts';
import type { DescribedGuard } from './guard.ts';

/** Rules that handle the same alert and subject by `continue` go one after the other, in their order. */
export const siblings: DescribedGuard = {
  name: 'siblings',
  summary: 'No earlier rule that handles the same alert and subject (`continue: true`) is still at work.',
  tier: 'mandatory',
  asks: 'inside',
  beforePlan: true,
  fallback: 'always',
  limit: 'none',
  outcomes: { defer: 'an earlier rule has a run on the subject that has not ended' },
  inputs: ({ liveSiblings }) => ({ live: liveSiblings.map((one) => ({ ...one })) }),
  evaluate({ liveSiblings }) {
    const [first] = liveSiblings;
    if (first === undefined) return allow('no earlier rule of the same subject is at work');
    return { decision: 'defer', reason: `rule ${first.rule} comes first, and its run ${first.run} has not ended` };
  },
};
