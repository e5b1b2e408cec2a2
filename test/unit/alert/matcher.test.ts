import { describe, expect, it } from 'vitest';
import { parseMatcher, parseMatchers } from '../../../src/alert/matcher.ts';
import { FixpointError } from '../../../src/errors.ts';

const parts = (text: string): unknown[] => parseMatchers(text).map(({ name, operator, value }) => [name, operator, value]);

describe('parseMatchers', () => {
  it.each<[string, unknown[]]>([
    ['', []],
    ['{}', []],
    ['foo=bar', [['foo', '=', 'bar']]],
    ['{foo=bar,}', [['foo', '=', 'bar']]],
    [' foo != "bar baz" ', [['foo', '!=', 'bar baz']]],
    ['foo=~[a-z]+', [['foo', '=~', '[a-z]+']]],
    ['{"foo bar"!~"a.*"}', [['foo bar', '!~', 'a.*']]],
    ['foo=🙂bar', [['foo', '=', '🙂bar']]],
    ['"foo"="\\xf0\\x9f\\x99\\x82"', [['foo', '=', '🙂']]],
    ['"foo"="\\U0001f642\\u00e9\\101"', [['foo', '=', '🙂éA']]],
    ['"foo"="a\\tb\\"c\\\\"', [['foo', '=', 'a\tb"c\\']]],
    [
      'foo="a,b",bar!=c',
      [
        ['foo', '=', 'a,b'],
        ['bar', '!=', 'c'],
      ],
    ],
    ['{quote="She said: \\"Hi, ladies!\\""}', [['quote', '=', 'She said: "Hi, ladies!"']]],
    ['statuscode=~"5.."', [['statuscode', '=~', '5..']]],
    // Only the classic grammar has these.
    ['foo=', [['foo', '=', '']]],
    ['foo=~"\\d+"', [['foo', '=~', '\\d+']]],
    ['foo=a b', [['foo', '=', 'a b']]],
    ['foo=bar\\n', [['foo', '=', 'bar\n']]],
    ["foo=it's", [['foo', '=', "it's"]]],
    // Both have these, and disagree: Alertmanager stays with the classic reading.
    ['foo="\\u00e9"', [['foo', '=', '\\u00e9']]],
  ])('reads %s', (text, expected) => expect(parts(text)).toEqual(expected));

  it.each([
    [',', 1, 'a label name'],
    ['{"foo"=bar', 11, 'a closing brace'],
    ['foo', 4, 'an operator'],
    ['"foo"=', 7, 'a value'],
    ['"foo=bar', 1, 'never closed'],
    ['"foo"="bar\\w"', 11, 'no escape sequence'],
    ['"foo"="\\xf0\\x9f"', 7, 'no UTF-8'],
    ['""=x', 1, 'a label name'],
    ['"a b"="c" "d"', 11, 'a comma or the end'],
    ['foo=~"("', 1, 'no RE2 regular expression'],
    ['foo=~"(?=x)"', 1, 'no RE2 regular expression'],
  ])('refuses %s at character %i', (text, character, problem) => {
    expect(() => parseMatchers(text)).toThrow(FixpointError);
    expect(() => parseMatchers(text)).toThrow(`at character ${character}: `);
    expect(() => parseMatchers(text)).toThrow(problem);
  });

  it('wants exactly one matcher where one is asked for', () => {
    expect(() => parseMatcher('a=b,c=d')).toThrow('there are 2');
    expect(() => parseMatcher('{}')).toThrow('there is no matcher');
  });
});

describe('a matcher', () => {
  it.each([
    ['a="b"', { a: 'b' }, true],
    ['a="b"', {}, false],
    ['a!="b"', {}, true],
    ['a=""', {}, true],
    ['a!=""', { a: '' }, false],
    ['a=~"b"', { a: 'xbx' }, false],
    ['a=~"b|c.*"', { a: 'cd' }, true],
    ['a=~"x|b"', { a: 'b' }, true],
    ['a=~"b.*"', { a: 'b\n' }, false],
    ['a=~".*"', {}, true],
    ['a=~".+"', {}, false],
    ['a!~".+"', {}, true],
    ['a=~"ab?c"', { a: 'ac' }, true],
    ['a=~"(?i)ABC"', { a: 'abc' }, true],
    ['constructor=""', {}, true],
    ['__proto__=~".+"', {}, false],
  ])('%s on %j is %s', (text, labels, expected) => expect(parseMatcher(text).matches(labels)).toBe(expected));

  it('answers a hostile expression and value in linear time', () => {
    const matcher = parseMatcher('a=~"(a+)+b"');
    const start = performance.now();
    expect(matcher.matches({ a: 'a'.repeat(50_000) })).toBe(false);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('knows the values it fixes', () => {
    expect(parseMatcher('a="b"').values).toEqual(['b']);
    expect(parseMatcher('a=~"b|c"').values).toEqual(['b', 'c']);
    expect(parseMatcher('a=~"b.*"').values).toBeUndefined();
    expect(parseMatcher('a!="b"').values).toBeUndefined();
  });
});
