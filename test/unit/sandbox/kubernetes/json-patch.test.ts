import { describe, expect, it } from 'vitest';
import { jsonPatch } from '../../../../src/sandbox/kubernetes/patch/json-patch.ts';
import { StatusError } from '../../../../src/sandbox/kubernetes/status-error.ts';

const codeOf = (run: () => unknown): number | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof StatusError ? error.failure.code : -1;
  }
};

describe('JSON patch', () => {
  it('adds, replaces, removes, copies and moves in maps and lists without touching the original', () => {
    const before = { a: [1, 2, 3], b: { c: 'x' } };
    const after = jsonPatch(before, [
      { op: 'add', path: '/a/-', value: 4 },
      { op: 'add', path: '/a/0', value: 0 },
      { op: 'remove', path: '/a/1' },
      { op: 'replace', path: '/b/c', value: 'y' },
      { op: 'copy', from: '/b/c', path: '/d' },
      { op: 'move', from: '/b/c', path: '/b/e~1f' },
    ]);
    expect(after).toEqual({ a: [0, 2, 3, 4], b: { 'e/f': 'y' }, d: 'y' });
    expect(before).toEqual({ a: [1, 2, 3], b: { c: 'x' } });
  });

  it('replaces a missing map key by adding it and takes null in a test for absence', () => {
    expect(jsonPatch({ data: {} }, [{ op: 'replace', path: '/data/k', value: 'v' }])).toEqual({ data: { k: 'v' } });
    expect(jsonPatch({ data: {} }, [{ op: 'test', path: '/data/k', value: null }])).toEqual({ data: {} });
  });

  it.each([
    ['a failed test', [{ op: 'test', path: '/a', value: 2 }]],
    ['removing what is missing', [{ op: 'remove', path: '/nope' }]],
    ['an unknown operation', [{ op: 'frobnicate', path: '/a' }]],
    ['a missing parent', [{ op: 'add', path: '/x/y', value: 1 }]],
    ['an index beyond the list', [{ op: 'replace', path: '/list/5', value: 1 }]],
  ])('answers 422 to %s', (_, patch) => {
    expect(codeOf(() => jsonPatch({ a: 1, list: [1] }, patch))).toBe(422);
  });

  it('answers 400 to what is no list', () => {
    expect(codeOf(() => jsonPatch({}, { op: 'add' }))).toBe(400);
  });
});
