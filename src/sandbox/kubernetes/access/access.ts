import type { SandboxRequest } from '../../listen.ts';
import { forbidden, StatusError } from '../status-error.ts';
import type { ServedCluster } from '../cluster.ts';
import { decide, type Verdict } from './rbac.ts';
import { identify, masters, type User } from './user.ts';
import { wantedBy, type Wanted } from './wanted.ts';

/** Paths that say what a server is, open to all or to all who are known. */
const open = /^\/(?:version\/?|healthz|livez|readyz)$/;
const known = /^\/(?:api|apis|openapi)(?:\/.*)?$/;

/** Who may do what in a simulated cluster. */
export interface Access {
  /** Throws 401. */
  identify(request: SandboxRequest): User;
  /** Throws 403. */
  require(request: SandboxRequest, user: User): void;
  decide(user: User, wanted: Wanted): Verdict;
  /** Users whose tokens stand in a list. */
  readonly tokens: ReadonlyMap<string, User>;
}

/** Everybody is an administrator. */
export const openAccess: Access = {
  identify: () => ({ name: 'admin', groups: [masters] }),
  require: () => undefined,
  decide: () => ({ allowed: true, reason: '' }),
  tokens: new Map(),
};

/** Users by token and ServiceAccounts, with the rights that roles and bindings of the store give them. */
export function roleBasedAccess({ store, clock }: Pick<ServedCluster, 'store' | 'clock'>, tokens: ReadonlyMap<string, User>): Access {
  return {
    tokens,
    identify(request) {
      const user = identify(request, tokens, { store, now: clock.now() });
      if (user === undefined) throw new StatusError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' });
      return user;
    },
    require(request, user) {
      const wanted = wantedBy(request);
      if (wanted === undefined) return requirePath(request.path, user);
      const verdict = decide(store, user, wanted);
      if (verdict.allowed) return;
      const { group, resource, namespace, name, verb } = wanted;
      const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
      const errors =
        verdict.errors.length === 0 ? '' : `: RBAC: ${verdict.errors.length === 1 ? verdict.errors[0] : `[${verdict.errors.join(', ')}]`}`;
      const why = `User "${user.name}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}${errors}`;
      const [plural = ''] = resource.split('/');
      throw forbidden({ group, plural, kind: plural }, ['list', 'watch', 'deletecollection'].includes(verb) ? '' : name, why);
    },
    decide: (user, wanted) => decide(store, user, wanted),
  };
}

function requirePath(path: string, user: User): void {
  if (user.groups.includes(masters) || open.test(path)) return;
  if (known.test(path) && user.groups.includes('system:authenticated')) return;
  throw new StatusError({
    code: 403,
    reason: 'Forbidden',
    message: `forbidden: User "${user.name}" cannot get path "${path}"`,
    details: {},
  });
}
