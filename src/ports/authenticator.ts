import type { Standing } from '../value/role.ts';

/** Somebody whom a credential has proven. */
export interface Identity {
  /** Unlike every other, whoever proved it: static tokens have plain names, all others a prefix with a colon. */
  readonly name: string;
  /** Absent: known, but nobody has given them a role. */
  readonly standing?: Standing;
}

export interface IdentifyOptions {
  readonly signal: AbortSignal;
  /** The sender has failed often lately, so that asking others for them may be made scarce. */
  readonly isSuspect: boolean;
}

/** Tells whose a bearer token is, where others vouch for it. */
export interface Authenticator {
  /** Undefined: the token is not of this kind. Throws `auth.invalid`, or `auth.unavailable` where it cannot be told now. */
  identify(token: string, options: IdentifyOptions): Promise<Identity | undefined>;
}
