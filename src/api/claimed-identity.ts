import { hash } from 'node:crypto';
import type { Presented } from './credential.ts';

/** Whom a credential that was not accepted says it is of, as a key to count by; undefined where it does not say. Nothing of it is believed. */
export function claimedIdentity(presented: Presented | undefined): string | undefined {
  if (presented === undefined) return undefined;
  const claim = presented.kind === 'basic' ? presented.text.split(':', 1)[0] : subjectOf(presented.text);
  return claim === undefined ? undefined : hash('sha256', `${presented.kind} ${claim}`);
}

/** Issuer and subject that a JWT names. */
function subjectOf(token: string): string | undefined {
  const [, payload, signature] = token.split('.', 3);
  if (payload === undefined || signature === undefined) return undefined;
  try {
    const { iss, sub } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Readonly<Record<string, unknown>>;
    return typeof sub === 'string' ? JSON.stringify([iss, sub]) : undefined;
  } catch {
    // No JWT: only its address is counted.
    return undefined;
  }
}
