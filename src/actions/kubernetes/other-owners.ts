import type { KubernetesObject } from '../../ports/kubernetes.ts';
import { printable } from '../../value/printable.ts';
import { isObject, keyOf, type Path } from './field/path.ts';
import type { Json } from '../../value/json.ts';

/** Labels and annotations by which tools mark what they keep as it is written elsewhere. */
const marks = [
  ['argocd.argoproj.io/tracking-id', 'Argo CD'],
  ['argocd.argoproj.io/instance', 'Argo CD'],
  ['kustomize.toolkit.fluxcd.io/name', 'Flux'],
  ['helm.toolkit.fluxcd.io/name', 'Flux'],
  ['meta.helm.sh/release-name', 'Helm'],
] as const;

/** Field managers that do not set a field back: the cluster's own controllers, hand-made edits, and ourselves. */
const harmless = /^(fixpoint|kube-controller-manager|kube-scheduler|kubelet|kubectl.*|OpenAPI-Generator)$/;

/** Who else says how the object is to be, and so may undo the change: named in the plan, for people. */
export function otherOwners(object: KubernetesObject, paths: readonly Path[]): readonly string[] {
  const notes = marks.flatMap(([key, tool]) => {
    const value = object.metadata.annotations?.[key] ?? object.metadata.labels?.[key];
    return value === undefined ? [] : [`${tool} owns it (${key}: ${printable(value)}) and may set it back`];
  });
  for (const { manager, operation, fieldsV1 } of managersOf(object)) {
    if (harmless.test(manager) && operation !== 'Apply') continue;
    if (manager === 'fixpoint') continue;
    if (paths.some((path) => isManaged(fieldsV1, path))) notes.push(`the field manager ${printable(manager)} owns it and may set it back`);
  }
  return [...new Set(notes)].slice(0, 10);
}

interface Manager {
  readonly manager: string;
  readonly operation?: string;
  readonly fieldsV1?: Json;
}

function managersOf(object: KubernetesObject): readonly Manager[] {
  const managed = object.metadata['managedFields'];
  if (!Array.isArray(managed)) return [];
  return (managed as readonly Json[]).filter((entry): entry is Json & Manager => isObject(entry) && typeof entry['manager'] === 'string');
}

/** In `fieldsV1` a key is `f:<name>` and an element of a list `k:{"<by>":"<is>"}` (test/fixtures/kubernetes/transcripts/17). */
function isManaged(fields: Json | undefined, path: Path): boolean {
  let inside: Json | undefined = fields;
  for (const segment of path) {
    const name = typeof segment === 'string' ? `f:${segment}` : `k:${JSON.stringify({ [segment.by]: segment.is })}`;
    if (!isObject(inside)) return false;
    const key = keyOf(inside, name);
    // A manager of a whole map or list has no members of it.
    if (key === undefined) return inside !== fields && Object.keys(inside).length === 0;
    inside = inside[key];
  }
  return true;
}
