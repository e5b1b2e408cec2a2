import { expect, it } from 'vitest';
import { printable } from '../../../src/value/printable.ts';

it.each<[unknown, string]>([
  ['plain', '"plain"'],
  ['a\u0000\n\u202Eb"', '"a\\u0000\\n\\u{202e}b\\""'],
  [{ a: [1] }, '{"a":[1]}'],
  [undefined, 'undefined'],
  ['x'.repeat(1_000_000), `"${'x'.repeat(79)}… (1000000 characters)`],
])('shows %j short and printable', (value, expected) => expect(printable(value)).toBe(expected));
