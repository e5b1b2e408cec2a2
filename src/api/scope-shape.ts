import { FixpointError } from '../errors.ts';
import type { PauseScope } from '../ports/store.ts';
import { kindLike } from '../value/kubernetes-name.ts';
import { isDnsLabel } from '../value/name.ts';
import { printable } from '../value/printable.ts';
import { formatTarget, parseTarget } from '../value/target.ts';

const shape =
  'write kubernetes/<cluster>/<namespace>/<kind>/<name> (as kubernetes/default/shop/deployment.apps/web; - as the namespace of what is in none), http/<host>:<port>, redis/<name> or postgres/<name>';

/** Throws `request.malformed` for a target or namespace that nothing can be or be in: names are compared whole, so it would hold up nothing. */
export function assertScopeShape(scope: PauseScope): void {
  if (scope.kind === 'namespace' && !isDnsLabel(scope.name))
    throw new FixpointError(
      'request.malformed',
      `${shown(scope.name)} can be no namespace: small letters, digits and - are; it is one name, no pattern`,
    );
  if (scope.kind !== 'target') return;
  const target = parseTarget(scope.name);
  if (target === undefined)
    throw new FixpointError('request.malformed', `${shown(scope.name)} is no target: ${shape}; it is one target, no pattern`);
  const kind = target.technology === 'kubernetes' ? kindLike(target.kind) : undefined;
  if (target.technology === 'kubernetes' && kind !== undefined && kind !== target.kind)
    throw new FixpointError(
      'request.malformed',
      `${shown(scope.name)} is no target, for targets name the kind ${kind}, not ${target.kind}; did you mean ${formatTarget({ ...target, kind })}?`,
    );
}

function shown(name: string): string {
  return printable(name, 200);
}
