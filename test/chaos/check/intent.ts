import type { Invariant, Violation } from './evidence.ts';
import { tolerance } from './tolerance.ts';

/** I5: no effect without an intent that the journal had before. */
export const intentComesFirst: Invariant = ({ effects }, { runs }) =>
  effects.flatMap((effect): Violation[] => {
    const { sender, at, what, target } = effect;
    if (sender === undefined || !effect.hasChanged) return [];
    const run = runs.get(sender.run);
    const intent = run?.entries.find(({ type, at: written }) => type === 'intent' && written <= at + tolerance.clocks);
    if (intent !== undefined) return [];
    const later = run?.entries.find(({ type }) => type === 'intent');
    const known = later === undefined ? 'never' : `${later.at - at} ms later`;
    return [{ invariant: 'I5', what: `${what} by run ${sender.run}; its intent was written ${known}`, about: sender.run, target, at }];
  });
