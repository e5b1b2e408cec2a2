import { describe, expect, it } from 'vitest';
import { meets, parseFieldSelector, parseLabelSelector } from '../../../../src/sandbox/kubernetes/selector.ts';

const matches = (selector: string, labels: Record<string, string>): boolean => meets(parseLabelSelector(selector), labels);

describe('label selectors', () => {
  it.each([
    ['app=web', true],
    ['app==web', true],
    ['app!=web', false],
    ['tier!=back', true],
    ['app', true],
    ['!tier', true],
    ['app in (web, api)', true],
    ['app notin (web,api)', false],
    ['tier notin (back)', true],
    ['app=web,tier', false],
    ['', true],
  ])('%s', (selector, expected) => {
    expect(matches(selector, { app: 'web' })).toBe(expected);
  });

  it.each(['tier in back', 'a=b c', '=x', 'a in (b', 'a,,b'])('refuses %s', (selector) => {
    expect(() => parseLabelSelector(selector)).toThrow(/^unable to parse requirement/);
  });
});

describe('field selectors', () => {
  it('reads equalities and refuses fields that are not known', () => {
    const known = ['metadata.name', 'metadata.namespace'];
    expect(parseFieldSelector('metadata.name=a,metadata.namespace!=b', known)).toEqual([
      { field: 'metadata.name', isEqual: true, value: 'a' },
      { field: 'metadata.namespace', isEqual: false, value: 'b' },
    ]);
    expect(() => parseFieldSelector('spec.replicas=3', known)).toThrow('"spec.replicas" is not a known field selector');
  });
});
