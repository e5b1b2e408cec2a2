import { hash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../value/secret.ts';

/** In growing power: each role may do what those before it may. */
export const roles = ['webhook', 'viewer', 'operator', 'admin'] as const;

export type Role = (typeof roles)[number];

export interface AccessToken {
  readonly name: string;
  readonly role: Role;
  /** Asked at each request, so that a file can rotate. */
  readonly token: () => Secret;
}

/** Who may use the API by bearer token. */
export interface Access {
  readonly tokens: readonly AccessToken[];
}

/** How a source's Alertmanager may identify itself. */
export type Credential =
  | { readonly kind: 'bearer'; readonly token: () => Secret }
  | { readonly kind: 'basic'; readonly username: string; readonly password: () => Secret };

export function isAllowed(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}

/** SHA-256 of what an `Authorization` header presents; undefined where it is no bearer or basic credential. */
export function presentedDigest(header: string | undefined): Buffer | undefined {
  const match = /^(bearer|basic) +(\S+)$/i.exec(header ?? '');
  const text = match?.[2];
  if (match?.[1] === undefined || text === undefined) return undefined;
  return match[1].toLowerCase() === 'bearer'
    ? bearerDigest(text)
    : hash('sha256', `basic ${Buffer.from(text, 'base64').toString()}`, 'buffer');
}

/** Compares digests, and always all of them, so that the time taken tells nothing about where a credential differs. */
export class CredentialList<T> {
  readonly #entries: readonly { readonly owner: T; readonly credential: Credential }[];
  /** By the secret itself: one that rotates comes as another object. */
  readonly #digests = new WeakMap<Secret, Buffer>();

  constructor(entries: readonly { readonly owner: T; readonly credential: Credential }[]) {
    this.#entries = entries;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /** The owner of the first live credential that was presented. */
  find(digest: Buffer | undefined): T | undefined {
    let found: T | undefined;
    if (digest === undefined) return found;
    for (const { owner, credential } of this.#entries) {
      const isSame = timingSafeEqual(digest, this.#expected(credential));
      if (isSame && found === undefined) found = owner;
    }
    return found;
  }

  #expected(credential: Credential): Buffer {
    const isBearer = credential.kind === 'bearer';
    const secret = isBearer ? credential.token() : credential.password();
    // The user name is no part of the key, and one password may serve two of them.
    if (!isBearer) return hash('sha256', `basic ${credential.username}:${secret.reveal()}`, 'buffer');
    const known = this.#digests.get(secret) ?? bearerDigest(secret.reveal());
    this.#digests.set(secret, known);
    return known;
  }
}

function bearerDigest(token: string): Buffer {
  return hash('sha256', `bearer ${token}`, 'buffer');
}
