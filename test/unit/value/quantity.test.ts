import { expect, it } from 'vitest';
import { canonicalQuantity } from '../../../src/value/quantity.ts';

it.each([
  ['2000m', '2'],
  ['500m', '500m'],
  ['0.5', '500m'],
  ['1024Mi', '1Gi'],
  ['4Gi', '4Gi'],
  ['1500', '1500'],
  ['1000', '1k'],
  ['1e3', '1k'],
  ['0', '0'],
  ['-1Gi', '-1Gi'],
])('gives %s back as %s', (given, canonical) => {
  expect(canonicalQuantity(given)).toBe(canonical);
});

it.each(['4 gigs', '', 'x', '.', '1.2.3'])('knows that %s is no quantity', (given) => {
  expect(canonicalQuantity(given)).toBeUndefined();
});
