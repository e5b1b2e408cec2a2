import type { SandboxRequest } from '../../listen.ts';
import type { Store } from '../store.ts';

/** Who sends a request. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

/** The group that may do everything. */
export const masters = 'system:masters';

const anonymous: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
const accountToken = /^sandbox-account\.([a-z0-9-]+)\.([a-z0-9.-]+)$/;

/** The bearer token of a ServiceAccount of the sandbox; good as long as the account exists. */
export function tokenOfAccount(namespace: string, name: string): string {
  return `sandbox-account.${namespace}.${name}`;
}

/** The sender by its bearer token, without one anonymous; undefined for a token that nobody has (401). */
export function identify(request: SandboxRequest, tokens: ReadonlyMap<string, User>, store: Store): User | undefined {
  const given = request.headers['authorization'];
  if (given === undefined) return anonymous;
  const token = given.replace(/^Bearer /, '');
  const known = tokens.get(token);
  if (known !== undefined) return { ...known, groups: [...known.groups, 'system:authenticated'] };
  const [, namespace = '', name = ''] = accountToken.exec(token) ?? [];
  if (store.get('ServiceAccount', namespace, name) === undefined) return undefined;
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  return { name: `system:serviceaccount:${namespace}:${name}`, groups };
}
