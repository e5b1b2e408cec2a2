import { FixpointError, messageOf } from '../errors.ts';
import type { Labels } from './alert.ts';
import { parseClassic, parseUtf8, MatcherSyntaxError, type ParsedMatcher } from './matcher-syntax.ts';
import { compilePattern } from './pattern.ts';

/** One condition on one label, as in Alertmanager's routes. An absent label counts as an empty one. */
export interface Matcher {
  readonly name: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
  /** All values that match, where they are known: one for `=`, the words of a plain `a|b` for `=~`. */
  readonly values?: readonly string[];
  matches(labels: Labels): boolean;
}

/** Reads one matcher in Alertmanager's syntax; throws `rules.invalid` with the position in the text. */
export function parseMatcher(text: string): Matcher {
  const matchers = parseMatchers(text);
  const [first] = matchers;
  if (first === undefined) throw invalid(text, 'there is no matcher', 0);
  if (matchers.length > 1) throw invalid(text, `one matcher is expected, there are ${matchers.length}`, 0);
  return first;
}

/**
 * Reads matchers in Alertmanager's syntax: `a="b"`, `a=b,c!~d`, `{"any name"="b"}`. Like Alertmanager it reads by the UTF-8
 * grammar, and by the classic one where only that understands the text or the two disagree; throws `rules.invalid`.
 */
export function parseMatchers(text: string): Matcher[] {
  try {
    return readMatchers(text).map(compile);
  } catch (error) {
    if (!(error instanceof MatcherSyntaxError)) throw error;
    throw invalid(text, error.message, error.offset);
  }
}

function readMatchers(text: string): readonly ParsedMatcher[] {
  const classic = parseClassic(text);
  try {
    const modern = parseUtf8(text);
    return classic === undefined || JSON.stringify(classic) === JSON.stringify(modern) ? modern : classic;
  } catch (error) {
    if (classic !== undefined && error instanceof MatcherSyntaxError) return classic;
    throw error;
  }
}

function compile({ name, operator, value }: ParsedMatcher): Matcher {
  switch (operator) {
    case '=':
      return { name, operator, value, values: [value], matches: (labels) => labelOf(labels, name) === value };
    case '!=':
      return { name, operator, value, matches: (labels) => labelOf(labels, name) !== value };
    case '=~':
    case '!~': {
      const pattern = compileRegex(value);
      if (operator === '!~') return { name, operator, value, matches: (labels) => !pattern.test(labelOf(labels, name)) };
      return {
        name,
        operator,
        value,
        ...(pattern.literals && { values: pattern.literals }),
        matches: (labels) => pattern.test(labelOf(labels, name)),
      };
    }
  }
}

function compileRegex(source: string): ReturnType<typeof compilePattern> {
  try {
    return compilePattern(source);
  } catch (error) {
    throw new MatcherSyntaxError(`${JSON.stringify(source)} is no RE2 regular expression: ${messageOf(error)}`, 0);
  }
}

/** Names like `constructor` exist on every object, but never as text. */
function labelOf(labels: Labels, name: string): string {
  const value: unknown = labels[name];
  return typeof value === 'string' ? value : '';
}

function invalid(text: string, problem: string, offset: number): FixpointError {
  const shown = text.length > 120 ? `${text.slice(0, 117)}…` : text;
  return new FixpointError('rules.invalid', `matcher ${shown} at character ${offset + 1}: ${problem}`, { details: { offset, problem } });
}
