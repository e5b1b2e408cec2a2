import { describe, expect, it } from 'vitest';
import { rulebookOf, rulesFile, slowRule } from '../../support/pipeline/rules.ts';

const silenceOf = (more: string) => rulebookOf(rulesFile(slowRule({ more }))).rules[0]?.silence;

describe('silence of a rule', () => {
  it.each([
    ['', undefined],
    ['silence: true', {}],
    ['silence: { for: 15m }', { for: 900_000 }],
  ])('%j', (more, silence) => expect(silenceOf(more)).toEqual(silence));

  it.each([
    ['silence: false', 'expected true, or { for: 15m }, found false'],
    ['silence: { for: long }', 'expected a duration'],
    ['silence: { form: 15m }', 'expected true, or { for: 15m }, found {"form":"15m"}'],
  ])('%s is refused', (more, problem) => expect(() => silenceOf(more)).toThrow(problem));
});
