import { randomBytes } from 'node:crypto';
import type { Clock } from '../../ports/clock.ts';
import type { Ids } from '../../ports/ids.ts';

const digits = '0123456789abcdefghijklmnopqrstuvwxyz';
/** 12 digits of base 36 are 62 bits. */
const chanceLength = 12;
/** Ids of one ms that are told apart by two digits. */
const mostAtOnce = 36 ** 2;

/** Ids of 23 characters: `f`, the time in ms as eight digits of base 36, a count within the ms as two, and chance. */
export function systemIds(clock: Clock): Ids {
  let last = 0;
  let count = 0;
  return {
    next() {
      const now = Math.floor(clock.now());
      count = now > last ? 0 : count + 1;
      last = Math.max(last, now);
      if (count === mostAtOnce) {
        count = 0;
        last += 1;
      }
      return `f${base36(last, 8)}${base36(count, 2)}${chance()}`;
    },
  };
}

function base36(value: number, length: number): string {
  return value.toString(36).padStart(length, '0');
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
