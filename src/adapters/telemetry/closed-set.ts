/** Stands for every value that is not in a label's set. */
const otherValue = 'other';

/** Keeps a label's values within a set that may change as a whole, as the rules do at a reload. */
export function closedSet(values: () => readonly string[]): (value: string) => string {
  let known: readonly string[] | undefined;
  let set: ReadonlySet<string> = new Set();
  return (value) => {
    const current = values();
    if (current !== known) {
      known = current;
      set = new Set(current);
    }
    return set.has(value) ? value : otherValue;
  };
}
