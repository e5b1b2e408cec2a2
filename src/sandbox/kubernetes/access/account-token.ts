import { createHash } from 'node:crypto';
import type { Store } from '../store.ts';
import type { User } from './user.ts';

/** Whom tokens are for unless told. */
export const apiAudience = 'https://kubernetes.default.svc.cluster.local';

/** What a token of a ServiceAccount says; nothing signs it, for everybody may do everything in the sandbox. */
export interface AccountToken {
  readonly namespace: string;
  readonly name: string;
  /** So that it ends with this account, although another may get its name; absent: good for any account of the name. */
  readonly uid?: string;
  readonly audiences: readonly string[];
  /** The sandbox's time, ms. */
  readonly until: number;
  readonly id: string;
}

export type TokenVerdict = { readonly user: User; readonly audiences: readonly string[] } | { readonly error: string };

const plainToken = /^sandbox-account\.([a-z0-9-]+)\.([a-z0-9.-]+)$/;
const fullToken = /^sandbox-token\.([-_A-Za-z0-9]+)$/;

/** The bearer token of a ServiceAccount of the sandbox; good as long as the account exists. */
export function tokenOfAccount(namespace: string, name: string): string {
  return `sandbox-account.${namespace}.${name}`;
}

export function writeToken(token: AccountToken): string {
  return `sandbox-token.${Buffer.from(JSON.stringify(token)).toString('base64url')}`;
}

/** Whose a token is, and which of the wanted audiences it is for, in the words of a TokenReview (recorded in 15). */
export function verifyToken(
  text: string,
  { store, now, audiences }: { store: Store; now: number; audiences?: readonly string[] },
): TokenVerdict {
  const token = readToken(text);
  if (token === undefined) return { error: 'invalid bearer token' };
  const { namespace, name } = token;
  const account = store.get('ServiceAccount', namespace, name);
  const wanted = audiences === undefined || audiences.length === 0 ? [apiAudience] : audiences;
  const confirmed = wanted.filter((audience) => token.audiences.includes(audience));
  if (confirmed.length === 0)
    return refused(`token audiences ${quoted(token.audiences)} is invalid for the target audiences ${quoted(wanted)}`);
  if (account === undefined) return refused(`serviceaccounts ${JSON.stringify(name)} not found`);
  const { uid = '' } = account.metadata;
  if (token.uid !== undefined && token.uid !== uid) return refused(`service account UID (${uid}) does not match claim (${token.uid})`);
  if (now >= token.until) return refused('service account token has expired');
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  const extra = { 'authentication.kubernetes.io/credential-id': [`JTI=${token.id}`] };
  return { user: { name: `system:serviceaccount:${namespace}:${name}`, uid, groups, extra }, audiences: confirmed };
}

function readToken(text: string): AccountToken | undefined {
  const [, namespace, name] = plainToken.exec(text) ?? [];
  if (namespace !== undefined && name !== undefined) return { namespace, name, audiences: [apiAudience], until: Infinity, id: idFor(text) };
  try {
    return JSON.parse(Buffer.from(fullToken.exec(text)?.[1] ?? '', 'base64url').toString()) as AccountToken;
  } catch {
    return undefined;
  }
}

function idFor(text: string): string {
  return createHash('sha256')
    .update(text)
    .digest('hex')
    .slice(0, 32)
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function refused(why: string): TokenVerdict {
  return { error: `[invalid bearer token, ${why}]` };
}

/** As Go prints a list of texts. */
function quoted(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(' ')}]`;
}
