import { randomBytes } from 'node:crypto';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';

const digits = '0123456789abcdefghijklmnopqrstuvwxyz';
/** 13 digits of base 36 are 67 bits. */
const chanceLength = 13;

/** Ids of 22 characters: `f`, the time in ms as eight digits of base 36, and chance. */
export function systemIds(clock: Clock): Ids {
  let last = 0;
  return {
    next() {
      last = Math.max(last, clock.now());
      return `f${last.toString(36).padStart(8, '0')}${chance()}`;
    },
  };
}

function chance(): string {
  let text = '';
  while (text.length < chanceLength) {
    for (const byte of randomBytes(2 * chanceLength)) {
      // 252 is the greatest multiple of 36 in a byte: beyond it some digits would be likelier.
      if (byte < 252 && text.length < chanceLength) text += digits[byte % 36];
    }
  }
  return text;
}
