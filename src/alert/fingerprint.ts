import type { Labels } from './alert.ts';

const separator = 255;

/**
 * Alertmanager's fingerprint of a label set: 64-bit FNV-1a over the UTF-8 of names and values in order of name, each
 * followed by 0xff, as 16 hexadecimal digits (prometheus/common, model.LabelSet.Fingerprint).
 */
export function fingerprint(labels: Labels): string {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  const add = (byte: number): void => {
    const mixed = (low ^ byte) >>> 0;
    // The prime is 2^40 + 0x1b3: the first part moves the low half up by eight bits, the second multiplies.
    const product = mixed * 0x1b3;
    high = (high * 0x1b3 + Math.floor(product / 2 ** 32) + mixed * 256) % 2 ** 32;
    low = product % 2 ** 32;
  };
  for (const text of inOrder(labels).flat()) {
    for (const byte of text) add(byte);
    add(separator);
  }
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

/** Names with values, in Go's order of names: by bytes, which is not JavaScript's where surrogates are involved. */
function inOrder(labels: Labels): [Buffer, Buffer][] {
  const pairs = Object.entries(labels).map(([name, value]): [Buffer, Buffer] => [Buffer.from(name), Buffer.from(value)]);
  return pairs.toSorted(([a], [b]) => Buffer.compare(a, b));
}
