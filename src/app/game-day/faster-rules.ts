import { formatDuration, parseDuration, type Duration } from '../../value/duration.ts';

/** What a Prometheus is usually told, and what checks take for granted. */
const usualScrape = 15_000;
/** A scrape has no longer than its interval; what a busy machine cannot give by then counts as gone, and its alert as over. */
const leastScrape = 500;

/** How often a Prometheus looks that lives in a world `speed` times faster than real. */
export function scrapeInterval(speed: number): Duration {
  return Math.max(leastScrape, Math.round(usualScrape / speed));
}

/**
 * A file of Prometheus rules with every duration (`for`, `interval`, ranges) divided by `speed`; nothing is shorter than a scrape,
 * and no range than four. What counts by the second counts by the world's seconds.
 */
export function fasterRules(text: string, speed: number): string {
  const scrape = scrapeInterval(speed);
  const shorter = (given: string, least: Duration) => formatDuration(Math.max(least, (parseDuration(given) ?? 0) / speed));
  return text
    .replace(/^(\s*(?:for|interval|keep_firing_for): )(\w+)$/gm, (_line, key: string, given: string) => `${key}${shorter(given, scrape)}`)
    .replace(/\[(\w+)\]/g, (_range, given: string) => `[${shorter(given, 4 * scrape)}]`)
    .replace(/\brate\([^()]*\)/g, (rate) => (speed === 1 ? rate : `(${rate} / ${speed})`));
}
