import type { Change } from '../run/plan.ts';
import { canonicalJson } from '../value/json.ts';

/** A change at one of several places of a target, such as a pod or a node; `place` is its name. */
interface PlacedChange extends Change {
  readonly place?: string;
}

const mostNamed = 20;

/**
 * What changes from one value at every place is one change, and a note tells the places: they may be others when it is taken back, and
 * the undo finds its way by `what`. Where values differ, each place is named, by `named`.
 */
export function placedChanges(
  all: readonly PlacedChange[],
  named: (place: string) => string,
): { readonly changes: readonly Change[]; readonly notes: readonly string[] } {
  const changes: Change[] = [];
  const notes: string[] = [];
  for (const [what, same] of Map.groupBy(all, (change) => change.what)) {
    const [first] = same;
    const isOne = new Set(same.map(({ from, to }) => canonicalJson([from, to]))).size === 1;
    if (first === undefined || !isOne) {
      changes.push(...same.map(({ place, from, to }) => ({ what: `${what}${place === undefined ? '' : named(place)}`, from, to })));
      continue;
    }
    changes.push({ what, from: first.from, to: first.to });
    const places = same.flatMap(({ place }) => place ?? []);
    const more = places.length > mostNamed ? ` and ${places.length - mostNamed} more` : '';
    if (places.length > 0) notes.push(`${what}${named(places.slice(0, mostNamed).join(', '))}${more}`);
  }
  return { changes, notes };
}
