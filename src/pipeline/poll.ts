const shortest = 200;
const longest = 5000;

/** How long to wait before asking again something that has been waited for since `elapsed` ms: a quarter of it, bounded. */
export function pollAfter(elapsed: number): number {
  return Math.min(longest, Math.max(shortest, elapsed / 4));
}
