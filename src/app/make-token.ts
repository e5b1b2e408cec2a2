import { hash } from 'node:crypto';
import { randomText } from '../adapters/clock/random-text.ts';

/** So that scanners for secrets know one when they see it. */
const prefix = 'fixpoint_';
/** As many chances as a digest has: nobody finds it by trying. */
const randomLength = 32;

/** A new token, and its digest as `auth.tokens` takes it. */
export function makeToken(): { readonly token: string; readonly hash: string } {
  const token = prefix + randomText(randomLength);
  return { token, hash: `sha256:${hash('sha256', token)}` };
}
