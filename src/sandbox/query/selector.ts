import { RE2JS } from 're2js';

export interface LabelMatcher {
  readonly name: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
  readonly matches: (value: string) => boolean;
}

const name = /[a-zA-Z_:][a-zA-Z0-9_:]*/uy;
const labelName = /[a-zA-Z_][a-zA-Z0-9_]*/uy;
const operator = /=~|!~|!=|=/uy;
const quoted = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/uy;
const space = /\s*/uy;

/** A text that is not a plain instant selector: `metric{label="value", …}` and nothing more. */
export class SelectorError extends Error {}

/** Reads a plain PromQL instant selector into matchers, the metric's name as one on `__name__`. Throws SelectorError. */
export function parseSelector(text: string): readonly LabelMatcher[] {
  const reader = new Reader(text);
  const metric = reader.take(name);
  const matchers = [...(metric === undefined ? [] : [matcher('__name__', '=', metric)]), ...readBraces(reader)];
  if (!reader.isAtEnd()) throw new SelectorError(`only plain selectors are answered here; cannot read ${JSON.stringify(reader.rest(40))}`);
  if (matchers.every(({ matches }) => matches(''))) {
    throw new SelectorError('a selector needs a metric name or a matcher that does not match the empty text');
  }
  return matchers;
}

/** Reads matchers as Alertmanager's `filter` has them: braces and the quotes of a value may be left out. Throws SelectorError. */
export function parseFilter(text: string): readonly LabelMatcher[] {
  const bare = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|!~|!=|=)\s*([^"'`{},\s]*)\s*$/u.exec(text);
  if (bare?.[1] !== undefined) return [matcher(bare[1], bare[2] as LabelMatcher['operator'], bare[3] ?? '')];
  const reader = new Reader(text.trimStart().startsWith('{') ? text : `{${text}}`);
  const matchers = readBraces(reader);
  if (!reader.isAtEnd()) throw new SelectorError(`cannot read the filter at ${JSON.stringify(reader.rest(40))}`);
  return matchers;
}

function readBraces(reader: Reader): readonly LabelMatcher[] {
  const matchers: LabelMatcher[] = [];
  if (!reader.takeMark('{')) return matchers;
  while (!reader.takeMark('}')) {
    const label = reader.take(labelName);
    const sign = reader.take(operator);
    const value = reader.take(quoted);
    if (label === undefined || sign === undefined || value === undefined) {
      throw new SelectorError(`expected label="value" before ${JSON.stringify(reader.rest(40))}`);
    }
    matchers.push(matcher(label, sign as LabelMatcher['operator'], unquoted(value)));
    if (!reader.takeMark(',') && !reader.isAtMark('}'))
      throw new SelectorError(`expected a comma or a closing brace before ${JSON.stringify(reader.rest(40))}`);
  }
  return matchers;
}

function matcher(label: string, sign: LabelMatcher['operator'], value: string): LabelMatcher {
  const base = { name: label, operator: sign, value };
  if (sign === '=') return { ...base, matches: (text) => text === value };
  if (sign === '!=') return { ...base, matches: (text) => text !== value };
  const pattern = compile(value);
  return { ...base, matches: (text) => pattern.matches(text) === (sign === '=~') };
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(source, RE2JS.DOTALL);
  } catch (error) {
    throw new SelectorError(`${JSON.stringify(source)} is no regular expression`, { cause: error });
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\u0007', b: '\b', f: '\f', v: '\v' };

function unquoted(text: string): string {
  const inner = text.slice(1, -1);
  if (text.startsWith('`')) return inner;
  return inner.replaceAll(/\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|.)/gu, (escape) => {
    const kind = escape.slice(1, 2);
    if (escape.length === kind.length + 1) return escapes[kind] ?? kind;
    const point = Number.parseInt(escape.slice(2), 16);
    if (point > 0x10_ffff) throw new SelectorError(`${escape} is no character`);
    return String.fromCodePoint(point);
  });
}

class Reader {
  readonly #text: string;
  #place = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skipSpace();
  }

  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#place;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#place += found.length;
    this.#skipSpace();
    return found;
  }

  takeMark(mark: string): boolean {
    if (!this.isAtMark(mark)) return false;
    this.#place += 1;
    this.#skipSpace();
    return true;
  }

  isAtMark(mark: string): boolean {
    return this.#text[this.#place] === mark;
  }

  isAtEnd(): boolean {
    return this.#place >= this.#text.length;
  }

  rest(length: number): string {
    return this.#text.slice(this.#place, this.#place + length);
  }

  #skipSpace(): void {
    space.lastIndex = this.#place;
    this.#place += space.exec(this.#text)?.[0].length ?? 0;
  }
}
