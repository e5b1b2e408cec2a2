import { FixpointError } from '../errors.ts';
import type { KubernetesReader } from '../ports/kubernetes.ts';
import type { Fleet } from '../rule/guard-settings.ts';
import { kindNamed } from '../value/kubernetes-name.ts';

/** Counts the fleet, once however often it is asked; rejects where there is none, or none that can be counted. */
export function fleetSize(kubernetes: KubernetesReader, fleet: Fleet | undefined): (signal: AbortSignal) => Promise<number> {
  let counted: Promise<number> | undefined;
  return (signal) => (counted ??= count(kubernetes, fleet, signal));
}

async function count(kubernetes: KubernetesReader, fleet: Fleet | undefined, signal: AbortSignal): Promise<number> {
  if (fleet === undefined) throw new FixpointError('internal', 'the rule has no fleet');
  const { cluster, kind, namespace, selector } = fleet;
  const known = kindNamed(kind);
  if (known === undefined) throw new FixpointError('rules.invalid', `a fleet cannot be of kind ${kind}`);
  const found = await kubernetes.list(
    {
      cluster,
      ...known,
      ...(namespace === undefined ? {} : { namespace }),
      ...(selector === undefined ? {} : { labelSelector: selector }),
    },
    signal,
  );
  return found.length;
}
