import { allow } from './decide.ts';
import type { Guard } from './guard.ts';

/** Rules that handle the same alert and subject by `continue` go one after the other, in their order. */
export const siblings: Guard = {
  name: 'siblings',
  summary: 'No earlier rule that handles the same alert and subject (`continue: true`) is still at work.',
  tier: 'mandatory',
  asks: 'inside',
  evaluate({ liveSiblings }) {
    const [first] = liveSiblings;
    if (first === undefined) return allow('no earlier rule of the same subject is at work');
    return { decision: 'defer', reason: `rule ${first.rule} comes first, and its run ${first.run} has not ended` };
  },
};
