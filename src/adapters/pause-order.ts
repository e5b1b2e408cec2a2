import type { Pause } from '../ports/store.ts';

export function byTimeAndId(a: Pause, b: Pause): number {
  return a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
