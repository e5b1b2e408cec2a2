import { randomBytes } from 'node:crypto';

/** As hard to guess as so many random bytes are; letters, digits, - and _. */
export function randomText(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}
