import type { Ids } from '../../ports/ids.ts';

/** Ids that are the same in every process and every run, for tests that compare bytes. */
export function countedIds(prefix = 'i'): Ids {
  let count = 0;
  return {
    next() {
      count += 1;
      return `${prefix}${count.toString(36).padStart(8, '0')}`;
    },
  };
}
