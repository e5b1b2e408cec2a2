/** A matcher as written, before its regular expression is compiled. */
export interface ParsedMatcher {
  readonly name: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** `offset` is the place in the text, counted from 0. */
export class MatcherSyntaxError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

type TokenKind = 'word' | 'quoted' | 'operator' | 'mark' | 'end';
type Token = { readonly kind: TokenKind; readonly text: string; readonly offset: number; readonly end: number };

const space = /\s*/uy;
const operators = /=~|!~|!=|=/uy;
const quotedText = /"(?:[^"\\\n]|\\.)*"/uy;
// Everything but white space and what has a meaning of its own.
const word = /[^\s{}!=~,\\"'`]+/uy;

/** Reads the UTF-8 grammar (Alertmanager's matcher/parse): names and values are words or quoted texts; braces are optional. */
export function parseUtf8(text: string): ParsedMatcher[] {
  const matchers: ParsedMatcher[] = [];
  let token = nextToken(text, 0);
  const take = (): Token => {
    const taken = token;
    token = nextToken(text, taken.end);
    return taken;
  };
  const isAtEnd = (): boolean => token.kind === 'end';
  const isMark = (mark: string): boolean => token.kind === 'mark' && token.text === mark;
  const braced = isMark('{');
  if (braced) take();
  if (!braced && isAtEnd()) return matchers;
  while (!isMark('}')) {
    const name = readName(take());
    const operator = take();
    if (operator.kind !== 'operator') throw unexpected(operator, 'an operator (=, !=, =~ or !~)');
    const value = take();
    if (value.kind !== 'word' && value.kind !== 'quoted') throw unexpected(value, 'a value');
    matchers.push({ name, operator: operator.text as ParsedMatcher['operator'], value: textOf(value) });
    if (isAtEnd() || isMark('}')) break;
    if (!isMark(',')) throw unexpected(token, braced ? 'a comma or a closing brace' : 'a comma or the end');
    take();
    if (isAtEnd()) break;
  }
  if (braced ? !isMark('}') : isMark('}')) throw unexpected(token, braced ? 'a closing brace' : 'an opening brace before it');
  if (braced) take();
  if (!isAtEnd()) throw unexpected(token, 'the end');
  return matchers;
}

function readName(token: Token): string {
  const name = token.kind === 'word' || token.kind === 'quoted' ? textOf(token) : '';
  if (name === '') throw unexpected(token, 'a label name');
  return name;
}

function nextToken(text: string, from: number): Token {
  space.lastIndex = from;
  space.exec(text);
  const offset = space.lastIndex;
  const token = (kind: TokenKind, found: string): Token => ({ kind, text: found, offset, end: offset + found.length });
  const first = text[offset];
  if (first === undefined) return token('end', '');
  if (first === '{' || first === '}' || first === ',') return token('mark', first);
  for (const [kind, pattern] of [
    ['operator', operators],
    ['quoted', quotedText],
    ['word', word],
  ] as const) {
    pattern.lastIndex = offset;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) return token(kind, found);
  }
  throw new MatcherSyntaxError(first === '"' ? 'this quote is never closed' : `${first} has to stand in double quotes`, offset);
}

function unexpected(token: Token, expected: string): MatcherSyntaxError {
  return new MatcherSyntaxError(`expected ${expected}, found ${token.kind === 'end' ? 'the end' : token.text}`, token.offset);
}

const escapes: Readonly<Record<string, number>> = { 'a': 7, 'b': 8, 'f': 12, 'n': 10, 'r': 13, 't': 9, 'v': 11, '\\': 92, '"': 34 };
const escape = /\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([abfnrtv\\"]))/y;

/** Undoes Go's quoting, where `\x` and octal escapes are bytes of UTF-8. */
function textOf(token: Token): string {
  if (token.kind === 'word') return token.text;
  const inner = token.text.slice(1, -1);
  if (!inner.includes('\\')) return inner;
  const bytes: Buffer[] = [];
  for (let index = 0; index < inner.length;) {
    const next = inner.indexOf('\\', index);
    const end = next === -1 ? inner.length : next;
    bytes.push(Buffer.from(inner.slice(index, end)));
    index = end;
    if (next === -1) break;
    escape.lastIndex = index;
    const match = escape.exec(inner);
    if (match === null)
      throw new MatcherSyntaxError(
        `${inner.slice(index, index + 2)} is no escape sequence; write \\\\ for a backslash`,
        token.offset + 1 + index,
      );
    bytes.push(escapedBytes(match, token.offset + 1 + index));
    index += match[0].length;
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(bytes));
  } catch {
    throw new MatcherSyntaxError('the escaped bytes are no UTF-8', token.offset);
  }
}

function escapedBytes(match: RegExpExecArray, offset: number): Buffer {
  const [, hex, octal, short, long, simple] = match;
  if (simple !== undefined) return Buffer.of(escapes[simple] ?? 0);
  const byte = hex !== undefined ? Number.parseInt(hex, 16) : octal !== undefined ? Number.parseInt(octal, 8) : undefined;
  if (byte !== undefined && byte < 256) return Buffer.of(byte);
  const point = Number.parseInt(short ?? long ?? '', 16);
  if (Number.isNaN(point) || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) {
    throw new MatcherSyntaxError(`${match[0]} is no character`, offset);
  }
  return Buffer.from(String.fromCodePoint(point));
}

const classicMatcher = /^[\t\n\f\r ]*([a-zA-Z_:][a-zA-Z0-9_:]*)[\t\n\f\r ]*(=~|=|!=|!~)[\t\n\f\r ]*([^]*?)[\t\n\f\r ]*$/;

/** Reads the classic grammar (Alertmanager's pkg/labels), whose values need no quotes; undefined where the text is not in it. */
export function parseClassic(text: string): ParsedMatcher[] | undefined {
  const matchers = splitClassic(text.replace(/^\{/, '').replace(/\}$/, '')).map(parseClassicMatcher);
  return matchers.every((matcher) => matcher !== undefined) ? matchers : undefined;
}

function splitClassic(text: string): string[] {
  const parts: string[] = [];
  let part = '';
  let isQuoted = false;
  let isEscaped = false;
  for (const character of text) {
    if (character === ',' && !isQuoted) {
      parts.push(part);
      part = '';
      isEscaped = false;
      continue;
    }
    if (character === '"' && !isEscaped) isQuoted = !isQuoted;
    isEscaped = character === '\\' && !isEscaped;
    part += character;
  }
  return part.trim() === '' ? parts : [...parts, part];
}

function parseClassicMatcher(text: string): ParsedMatcher | undefined {
  const [, name, operator, raw] = classicMatcher.exec(text) ?? [];
  if (name === undefined || operator === undefined || raw === undefined) return undefined;
  const value = raw.startsWith('"') ? /^"((?:[^"\\]|\\[^])*)"$/.exec(raw)?.[1] : /^(?:[^"\\]|\\[^]|\\$)*$/.exec(raw)?.[0];
  if (value === undefined) return undefined;
  const unescaped = value.replaceAll(/\\([n"\\])/g, (_escape, character: string) => (character === 'n' ? '\n' : character));
  return { name, operator: operator as ParsedMatcher['operator'], value: unescaped };
}
