import { z } from 'zod';
import { parseMatcher } from '../../alert/matcher.ts';
import { ownLabel } from '../../value/own-label.ts';
import { messageOf } from '../../errors.ts';
import type { Silence, SilenceMatcher } from '../../ports/alertmanager.ts';

const MatcherText = z
  .string()
  .max(2000)
  .superRefine((text, context) => {
    try {
      parseMatcher(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
    }
  });

/** Values of all sorts: what takes every one of them tells no alert from another. */
const anything = ['a', 'Z', '7', 'HighLatency', 'x-1 ü'];

/** One has to tell alerts apart, which is more than Alertmanager asks for: a silence of everything is refused, and so is one of our own calls. */
export const Matchers = z
  .array(MatcherText)
  .min(1)
  .max(20)
  .refine(
    (texts) => texts.some(tellsApart),
    'must require at least one label, as in alertname="HighLatency": this would silence every alert',
  )
  .refine((texts) => !texts.some(isOfOwnLabel), `must not be about ${ownLabel}: what Fixpoint itself tells people is never silenced`)
  .describe("What is silenced, in Alertmanager's syntax: all of them have to match. Alerts that Fixpoint itself raises are never meant.");

function tellsApart(text: string): boolean {
  try {
    const matcher = parseMatcher(text);
    return !matcher.matches({}) && anything.some((value) => !matcher.matches({ [matcher.name]: value }));
  } catch {
    // Told by the matcher itself.
    return true;
  }
}

function isOfOwnLabel(text: string): boolean {
  try {
    return parseMatcher(text).name === ownLabel;
  } catch {
    return false;
  }
}

/** No call for help of ours, which may have any label of the alert it is about. */
const notOurs = { name: ownLabel, value: '', isRegex: false, isEqual: true };

export function silenceMatchers(texts: readonly string[]): readonly SilenceMatcher[] {
  const wanted = texts
    .map(parseMatcher)
    .map(({ name, operator, value }) => ({ name, value, isRegex: operator.endsWith('~'), isEqual: operator.startsWith('=') }));
  return [...wanted, notOurs].toSorted((a, b) => compare(keyOf(a), keyOf(b)));
}

/** How a plan names what is silenced; the same for the silence and for its end. */
export function silenceName(matchers: readonly SilenceMatcher[]): string {
  return `alerts with ${matchers.map(({ name, value, isRegex, isEqual }) => `${name}${isEqual ? '=' : '!'}${isRegex ? '~' : isEqual ? '' : '='}${JSON.stringify(value)}`).join(', ')}`;
}

/** Whether a step made it, by the mark in its comment, and of exactly these alerts. */
export function isOfStep(silence: Silence, matchers: readonly SilenceMatcher[]): boolean {
  if (!/\(run \S+, [0-9a-f]{16}\)$/.test(silence.comment)) return false;
  return silence.matchers.map(keyOf).toSorted(compare).join('\n') === matchers.map(keyOf).toSorted(compare).join('\n');
}

function keyOf({ name, value, isRegex, isEqual }: SilenceMatcher): string {
  return JSON.stringify([name, value, isRegex, isEqual]);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
