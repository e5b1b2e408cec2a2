import type { SandboxRequest } from '../../listen.ts';
import type { Store } from '../store.ts';
import { verifyToken } from './account-token.ts';

/** Who sends a request. */
export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** The group that may do everything. */
export const masters = 'system:masters';

const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** The sender by its bearer token, without one anonymous; undefined for a token that nobody has (401). */
export function identify(
  request: SandboxRequest,
  tokens: ReadonlyMap<string, User>,
  { store, now }: { readonly store: Store; readonly now: number },
): User | undefined {
  const given = request.headers['authorization'];
  if (given === undefined) return anonymous;
  const token = given.replace(/^Bearer /, '');
  const verdict = verifyToken(token, { store, now });
  return staticUser(token, tokens) ?? ('user' in verdict ? verdict.user : undefined);
}

/** One whose token stands in a list of the server. */
export function staticUser(token: string, tokens: ReadonlyMap<string, User>): User | undefined {
  const known = tokens.get(token);
  return known === undefined ? undefined : { ...known, groups: [...known.groups, 'system:authenticated'] };
}

/** As reviews tell of somebody. */
export function userInfo({ name, uid, groups, extra }: User): Readonly<Record<string, unknown>> {
  return { username: name, ...(uid === undefined ? {} : { uid }), groups, ...(extra === undefined ? {} : { extra }) };
}
