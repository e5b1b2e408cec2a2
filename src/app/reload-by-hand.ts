import type { Reloaded } from '../api/operations.ts';
import { codeOf } from '../errors.ts';
import type { Store } from '../ports/store.ts';
import type { RulebookShelf } from './rulebook-shelf.ts';

/** Reads the rules again because somebody asks for it; the journal says who did, and what came of it. */
export async function reloadByHand(
  { shelf, store }: { readonly shelf: Pick<RulebookShelf, 'load'>; readonly store: Pick<Store, 'append'> },
  by: string,
): Promise<Reloaded> {
  const told = async (outcome: { readonly hash: string } | { readonly refused: string }) =>
    await store.append([{ type: 'person-acted', data: { kind: 'reload', by, ...outcome } }]);
  let loaded;
  try {
    loaded = shelf.load();
  } catch (error) {
    await told({ refused: codeOf(error) });
    throw error;
  }
  await told({ hash: loaded.hash });
  return loaded;
}
