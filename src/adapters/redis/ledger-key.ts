import { createHash } from 'node:crypto';

const longest = 200;

/** A key of the ledger as stored: long ones by their hash. */
export function ledgerKey(key: string): string {
  return key.length <= longest ? key : `sha256-${createHash('sha256').update(key).digest('hex')}`;
}
