import type { Labels } from './alert.ts';

const separator = 255;
const encoder = new TextEncoder();

/**
 * Alertmanager's fingerprint of a label set: 64-bit FNV-1a over the UTF-8 of names and values in order of name, each
 * followed by 0xff, as 16 hexadecimal digits (prometheus/common, model.LabelSet.Fingerprint).
 */
export function fingerprint(labels: Labels): string {
  let state: State = [0xcbf29ce4, 0x84222325];
  for (const [name, value] of Object.entries(labels).toSorted(byUtf8)) {
    state = addByte(addText(state, name), separator);
    state = addByte(addText(state, value), separator);
  }
  return state.map((half) => half.toString(16).padStart(8, '0')).join('');
}

/** High and low 32 bits, unsigned. */
type State = readonly [number, number];

function addText(state: State, text: string): State {
  return encoder.encode(text).reduce(addByte, state);
}

function addByte([high, low]: State, byte: number): State {
  const mixed = (low ^ byte) >>> 0;
  // The prime is 2^40 + 0x1b3: the first part moves the low half up by eight bits, the second multiplies.
  const product = mixed * 0x1b3;
  const carried = high * 0x1b3 + Math.floor(product / 2 ** 32) + mixed * 256;
  return [carried % 2 ** 32, product % 2 ** 32];
}

/** Go orders strings by their bytes, which differs from JavaScript's order where surrogates are involved. */
function byUtf8([a]: [string, string], [b]: [string, string]): number {
  return Buffer.compare(encoder.encode(a), encoder.encode(b));
}
