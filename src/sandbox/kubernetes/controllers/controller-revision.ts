import { isDeepStrictEqual } from 'node:util';
import type { KubernetesObject } from '../object.ts';
import { numberAt, objectAt, textsAt } from '../plain.ts';
import { ownedBy, ownerReference, templateHash } from './control.ts';
import type { Control } from './control.ts';

/** How a kind marks its revisions. */
interface Marks {
  /** The label that carries the hash of the template. */
  readonly label: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Stores the present template as a ControllerRevision, answering its name; a template come back is renumbered instead of stored twice. */
export function storedRevision(control: Control, set: KubernetesObject, { label, annotations }: Marks): string {
  const stored = ownedBy(control.store, set, 'ControllerRevision');
  const highest = Math.max(0, ...stored.map((revision) => numberAt(revision, 'revision') ?? 0));
  const data = { spec: { template: { ...objectAt(set, 'spec', 'template'), $patch: 'replace' } } };
  const same = stored.find((revision) => isDeepStrictEqual(revision['data'], data));
  if (same !== undefined) {
    if (numberAt(same, 'revision') !== highest) control.writes.update(same, { ...same, revision: highest + 1 });
    return same.metadata.name;
  }
  const hash = templateHash(data);
  const metadata = {
    name: `${set.metadata.name}-${hash}`,
    namespace: set.metadata.namespace ?? '',
    labels: { ...textsAt(set, 'spec', 'selector', 'matchLabels'), [label]: hash },
    ...(annotations === undefined ? {} : { annotations }),
    ownerReferences: [ownerReference(set)],
  };
  return control.writes.create({ apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata, data, revision: highest + 1 }).metadata.name;
}
