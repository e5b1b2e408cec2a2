import { z } from 'zod';
import { parseMatcher } from '../../alert/matcher.ts';
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

/** As Alertmanager has it, one has to require something: a silence of everything is refused. */
export const Matchers = z
  .array(MatcherText)
  .min(1)
  .max(20)
  .refine((texts) => texts.some(requires), 'must require at least one label, as in alertname="HighLatency": this would silence every alert')
  .describe("What is silenced, in Alertmanager's syntax: all of them have to match.");

function requires(text: string): boolean {
  try {
    return !parseMatcher(text).matches({});
  } catch {
    // Told by the matcher itself.
    return true;
  }
}

export function silenceMatchers(texts: readonly string[]): readonly SilenceMatcher[] {
  return texts
    .map(parseMatcher)
    .map(({ name, operator, value }) => ({ name, value, isRegex: operator.endsWith('~'), isEqual: operator.startsWith('=') }))
    .toSorted((a, b) => compare(keyOf(a), keyOf(b)));
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
