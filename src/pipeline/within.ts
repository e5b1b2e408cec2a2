import { FixpointError } from '../errors.ts';
import type { Run } from '../run/run.ts';
import { parseTarget } from '../value/target.ts';

/** Who wishes for something; `within`: the namespaces that they are limited to. */
export interface Wisher {
  readonly by: string;
  readonly within?: readonly string[];
}

/**
 * Throws `auth.forbidden` unless everything a run is about is in the namespaces of whoever wishes: its subject, the targets of all
 * its steps, and the namespace its alert names. What is in no namespace, or not known yet, is in none of theirs.
 */
export function assertRunWithin(run: Run, { by, within }: Wisher): void {
  if (within === undefined) return;
  const targets = run.rungs.flatMap(({ steps }) => steps.flatMap(({ target }) => target ?? [])).filter((target) => !isOwnRun(target));
  const subject = isTarget(run.subject) ? [run.subject] : [];
  const { namespace } = run.alert.labels;
  const places = [...subject, ...targets].map((text) => ({ text, namespace: namespaceOf(text) }));
  if (namespace !== undefined) places.push({ text: `its alert's namespace ${namespace}`, namespace });
  const outside = places.find((place) => place.namespace === undefined || !within.includes(place.namespace));
  if (outside !== undefined) throw limited({ by, within }, `run ${run.id} is about ${outside.text}`);
  if (subject.length + targets.length === 0) throw limited({ by, within }, `it is not known yet what run ${run.id} acts on`);
}

/** The same for one target, or a namespace itself. */
export function isPlaceWithin(place: { readonly namespace: string } | { readonly target: string }, within: readonly string[]): boolean {
  const namespace = 'namespace' in place ? place.namespace : namespaceOf(place.target);
  return namespace !== undefined && within.includes(namespace);
}

export function limited({ by, within = [] }: Wisher, what: string): FixpointError {
  return new FixpointError('auth.forbidden', `${by} is an operator of ${within.join(', ')} only; ${what}`);
}

function isTarget(text: string): boolean {
  return parseTarget(text) !== undefined;
}

function isOwnRun(text: string): boolean {
  return parseTarget(text)?.technology === 'run';
}

function namespaceOf(text: string): string | undefined {
  const target = parseTarget(text);
  return target?.technology === 'kubernetes' ? target.namespace : undefined;
}
