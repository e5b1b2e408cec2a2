import { formatDuration, parseDuration } from '../value/duration.ts';
import { canonicalJson } from '../value/json.ts';

/** A value as both sides of a difference show it: equal texts are equal values. */
export function textOf(value: unknown): string {
  return value === undefined ? 'nothing' : canonicalJson(value);
}

/** A moment as tests write it. */
export function after(start: number, at: number): string {
  return at < start ? `-${formatDuration(start - at)}` : formatDuration(at - start);
}

/** To the second. */
export function isAt(text: string, start: number, at: number): boolean {
  return Math.floor((at - start) / 1000) === Math.floor((parseDuration(text) ?? 0) / 1000);
}
