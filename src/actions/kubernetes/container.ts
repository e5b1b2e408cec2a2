import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import { isDnsLabel } from '../../value/name.ts';
import type { JsonObject } from '../../value/json.ts';
import { printable } from '../../value/printable.ts';
import type { Path } from './field/path.ts';

export const ContainerName = z
  .string()
  .refine(isDnsLabel, 'must be a DNS label (lower-case letters, digits and -, at most 63)')
  .optional()
  .describe('The container; may be left out where there is only one.');

export type Container = JsonObject & { readonly name: string; readonly image?: string };

/** Where the containers of a pod template are. */
const containersPath = ['spec', 'template', 'spec', 'containers'] as const;

export function containersIn(template: JsonObject | undefined): readonly Container[] {
  return (template as { spec?: { containers?: readonly Container[] } } | undefined)?.spec?.containers ?? [];
}

/**
 * The named container, or the only one. A name that is not there is refused: a strategic merge would add it as a new container
 * (test/fixtures/kubernetes, fact 10).
 */
export function containerOf(object: KubernetesObject, name: string | undefined, what: string): Container {
  const containers = containersIn((object['spec'] as { template?: JsonObject } | undefined)?.template);
  const names = containers.map((container) => container.name).join(', ');
  if (name === undefined) {
    const [only, ...others] = containers;
    if (only !== undefined && others.length === 0) return only;
    throw new FixpointError('target.ambiguous', `${what} has the containers ${names}: \`container\` must name one`);
  }
  const found = containers.find((container) => container.name === name);
  if (found === undefined) throw new FixpointError('target.missing', `${what} has no container ${printable(name)}; it has ${names}`);
  return found;
}

export function pathInContainer(name: string, ...rest: Path): Path {
  return [...containersPath, { by: 'name', is: name }, ...rest];
}
