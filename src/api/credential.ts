import { hash, timingSafeEqual } from 'node:crypto';
import { FixpointError } from '../errors.ts';
import type { Secret } from '../value/secret.ts';

/** How somebody may identify themselves; `sha256` is the digest of a long random token, all that is known of it. */
export type Credential =
  | { readonly kind: 'bearer'; readonly token: () => Secret }
  | { readonly kind: 'basic'; readonly username: string; readonly password: () => Secret }
  | { readonly kind: 'hashed'; readonly sha256: Buffer };

/** What an `Authorization` header says. */
export interface Presented {
  readonly kind: 'bearer' | 'basic';
  /** The token, or user and password. */
  readonly text: string;
  readonly digest: Buffer;
}

/** Undefined where it is no bearer or basic credential. */
export function readCredential(header: string): Presented | undefined {
  const match = /^(bearer|basic) +(\S+)$/i.exec(header);
  const text = match?.[2];
  if (match?.[1] === undefined || text === undefined) return undefined;
  if (match[1].toLowerCase() === 'bearer') return { kind: 'bearer', text, digest: digestOf(text) };
  const pair = Buffer.from(text, 'base64').toString();
  return { kind: 'basic', text: pair, digest: basicDigest(pair) };
}

/** Compares digests, and always all of them, so that the time taken tells nothing about where a credential differs. */
export class CredentialList<T> {
  readonly #entries: readonly { readonly owner: T; readonly credential: Credential }[];
  /** By the secret itself: one that rotates comes as another object. */
  readonly #digests = new WeakMap<Secret, Buffer>();
  readonly #report: (error: FixpointError) => void;
  readonly #unreadable = new Set<Credential>();

  /** `report` is told once of each credential that cannot be read (any more); it fits nothing, and the others stay good. */
  constructor(
    entries: readonly { readonly owner: T; readonly credential: Credential }[],
    report: (error: FixpointError) => void = () => undefined,
  ) {
    this.#entries = entries;
    this.#report = report;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** Whether one could not be read when they were looked at last. */
  get hasUnreadable(): boolean {
    return this.#unreadable.size > 0;
  }

  /** The owner of the first live credential that was presented. */
  find(presented: Presented | undefined): T | undefined {
    let found: T | undefined;
    if (presented === undefined) return found;
    for (const { owner, credential } of this.#entries) {
      const expected = this.#expected(credential);
      const isSame = expected !== undefined && timingSafeEqual(presented.digest, expected);
      if (isSame && found === undefined) found = owner;
    }
    return found;
  }

  #expected(credential: Credential): Buffer | undefined {
    try {
      const digest = this.#digestOf(credential);
      this.#unreadable.delete(credential);
      return digest;
    } catch (error) {
      if (!(error instanceof FixpointError)) throw error;
      if (!this.#unreadable.has(credential)) this.#report(error);
      this.#unreadable.add(credential);
      return undefined;
    }
  }

  #digestOf(credential: Credential): Buffer {
    if (credential.kind === 'hashed') return credential.sha256;
    // The user name is no part of the key, and one password may serve two of them.
    if (credential.kind === 'basic') return basicDigest(`${credential.username}:${credential.password().reveal()}`);
    const secret = credential.token();
    const known = this.#digests.get(secret) ?? digestOf(secret.reveal());
    this.#digests.set(secret, known);
    return known;
  }
}

/** A bearer token has no blanks, so that no token is the text of a basic credential. */
function basicDigest(pair: string): Buffer {
  return digestOf(`basic ${pair}`);
}

function digestOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
