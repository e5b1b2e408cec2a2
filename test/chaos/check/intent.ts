import type { JournalView } from '../journal-reader.ts';
import type { Invariant, Violation } from './evidence.ts';
import { tolerance } from './tolerance.ts';

/** I5: no effect without an intent of its own step that the journal had before; the steps are named as what their targets log. */
export const intentComesFirst: Invariant = ({ effects }, { runs }) =>
  effects.flatMap((effect): Violation[] => {
    const { sender, at, what, target } = effect;
    if (sender === undefined || !effect.hasChanged) return [];
    const intents = runs.get(sender.run)?.entries.filter((entry) => intends(entry, what)) ?? [];
    if (intents.some(({ at: written }) => written <= at + tolerance.clocks)) return [];
    const [later] = intents;
    const known = later === undefined ? 'never' : `${later.at - at} ms later`;
    return [{ invariant: 'I5', what: `${what} by run ${sender.run}; its intent was written ${known}`, about: sender.run, target, at }];
  });

/** The intents of a rung are one entry, but for steps that are planned after an earlier one has acted: those have one each. */
function intends({ type, data }: JournalView, step: string): boolean {
  if (type !== 'intent') return false;
  const steps = (data['steps'] ?? []) as readonly { readonly id: string; readonly intent: unknown }[];
  return data['step'] === step || steps.some(({ id, intent }) => id === step && intent !== null);
}
