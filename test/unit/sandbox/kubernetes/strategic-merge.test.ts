import { describe, expect, it } from 'vitest';
import { strategicMerge } from '../../../../src/sandbox/kubernetes/patch/strategic-merge.ts';
import { typeOfKind } from '../../../../src/sandbox/kubernetes/schema.ts';

const pod = (containers: unknown, extra: Record<string, unknown> = {}): Record<string, unknown> => ({ spec: { containers, ...extra } });
const merge = (target: unknown, patch: unknown): unknown => strategicMerge(typeOfKind('Pod'), target, patch);

describe('strategic merge', () => {
  it('joins containers by name and leaves the others alone', () => {
    const before = pod([
      { name: 'web', image: 'web:1', env: [{ name: 'A', value: '1' }] },
      { name: 'side', image: 'side:1' },
    ]);
    const after = pod([
      { name: 'web', image: 'web:2', env: [{ name: 'A', value: '1' }] },
      { name: 'side', image: 'side:1' },
    ]);
    expect(merge(before, pod([{ name: 'web', image: 'web:2' }]))).toEqual(after);
  });

  it('puts new items first and keeps the order of the known ones', () => {
    const before = pod([
      {
        name: 'web',
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '2' },
        ],
      },
    ]);
    const patch = pod([
      {
        name: 'web',
        env: [
          { name: 'NEW', value: '3' },
          { name: 'A', value: '9' },
        ],
      },
    ]);
    expect(merge(before, patch)).toEqual(
      pod([
        {
          name: 'web',
          env: [
            { name: 'NEW', value: '3' },
            { name: 'A', value: '9' },
            { name: 'B', value: '2' },
          ],
        },
      ]),
    );
  });

  it('obeys $patch delete and replace, $setElementOrder and null', () => {
    const before = pod(
      [
        { name: 'a', image: 'a:1' },
        { name: 'b', image: 'b:1' },
      ],
      { hostname: 'h' },
    );
    expect(merge(before, pod([{ name: 'a', $patch: 'delete' }], { hostname: null }))).toEqual(pod([{ name: 'b', image: 'b:1' }]));
    expect(merge(before, pod([{ $patch: 'replace' }, { name: 'c', image: 'c:1' }]))).toEqual(
      pod([{ name: 'c', image: 'c:1' }], { hostname: 'h' }),
    );
    expect(merge(before, { spec: { $patch: 'replace', hostname: 'only' } })).toEqual({ spec: { hostname: 'only' } });
    const reordered = merge(before, {
      spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }], 'containers': [{ name: 'a', image: 'a:2' }] },
    });
    expect(reordered).toEqual(
      pod(
        [
          { name: 'b', image: 'b:1' },
          { name: 'a', image: 'a:2' },
        ],
        { hostname: 'h' },
      ),
    );
  });

  it('joins sets of scalars and takes entries out of them', () => {
    const before = { metadata: { finalizers: ['a', 'b'] } };
    expect(merge(before, { metadata: { finalizers: ['b', 'c'] } })).toEqual({ metadata: { finalizers: ['a', 'b', 'c'] } });
    expect(merge(before, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } })).toEqual({ metadata: { finalizers: ['b'] } });
  });

  it('replaces lists without a merge key', () => {
    expect(merge(pod([{ name: 'a', args: ['1', '2'] }]), pod([{ name: 'a', args: ['3'] }]))).toEqual(pod([{ name: 'a', args: ['3'] }]));
  });

  it('answers 500 where the merge key is missing', () => {
    expect(() => merge(pod([{ name: 'a' }]), pod([{ image: 'x' }]))).toThrow('map: map[image:x] does not contain declared merge key: name');
  });
});
