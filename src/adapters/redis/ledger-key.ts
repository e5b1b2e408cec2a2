import { createHash } from 'node:crypto';

const longest = 200;
const longestName = 24;

/** A key of the ledger as stored: long ones by their hash. */
export function ledgerKey(key: string): string {
  return key.length <= longest ? key : `sha256-${createHash('sha256').update(key).digest('hex')}`;
}

/** What is counted under a key and never read back: short, as there are many. */
export function ledgerName(what: string): string {
  return what.length <= longestName ? what : `#${createHash('sha256').update(what).digest('base64url').slice(0, 22)}`;
}
