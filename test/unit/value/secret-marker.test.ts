import { describe, expect, it } from 'vitest';
import { resolveSecretMarkers, secretMarker, secretNamesIn, withoutSecretMarkers } from '../../../src/value/secret-marker.ts';

describe('a secret marker', () => {
  const text = `Bearer ${secretMarker('a')}, ${secretMarker('b')}${secretMarker('a')}`;

  it('names its secret and can be found', () => {
    expect(secretNamesIn(text)).toEqual(['a', 'b']);
    expect(secretNamesIn('secret:a')).toEqual([]);
  });

  it('is replaced at any depth, once: a secret that looks like a marker stays text', () => {
    expect(resolveSecretMarkers({ x: [text, 1, null], y: { z: true } }, (name) => (name === 'a' ? secretMarker('b') : 'B'))).toEqual({
      x: [`Bearer ${secretMarker('b')}, B${secretMarker('b')}`, 1, null],
      y: { z: true },
    });
  });

  it('does not survive in what comes from outside, whole or in pieces, but for allowed names', () => {
    expect(withoutSecretMarkers({ [text]: text.slice(0, 10) })).toEqual({
      [text.replaceAll(/[\uE000\uE001]/g, '\uFFFD')]: `Bearer \uFFFDse`,
    });
    expect(withoutSecretMarkers(text, new Set(['b']))).toBe(`Bearer \uFFFDsecret:a\uFFFD, ${secretMarker('b')}\uFFFDsecret:a\uFFFD`);
    expect(withoutSecretMarkers('plain')).toBe('plain');
  });
});
