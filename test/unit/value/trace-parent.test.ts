import { expect, it } from 'vitest';
import { formatTraceParent, parseTraceParent } from '../../../src/value/trace-parent.ts';

const good = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

it('a traceparent is read and written', () => {
  const parsed = parseTraceParent(good);
  expect(parsed).toEqual({ trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331', isSampled: true });
  expect(parsed && formatTraceParent(parsed)).toBe(good);
  expect(parseTraceParent(good.replace(/01$/, '02'))?.isSampled).toBe(false);
});

it('of a later version what is known counts', () => expect(parseTraceParent(`${good.replace(/^00/, 'cc')}-more`)?.isSampled).toBe(true));

it.each([
  '',
  'x',
  `${good}-more`,
  good.replace(/^00/, 'ff'),
  good.toUpperCase(),
  good.replace(/-[0-9a-f]{16}-/, `-${'0'.repeat(16)}-`),
  good.replace(/-[0-9a-f]{32}-/, `-${'0'.repeat(32)}-`),
  good.slice(0, -1),
])('%j is none', (text) => expect(parseTraceParent(text)).toBeUndefined());
