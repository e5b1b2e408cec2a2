import type { KubernetesObject } from '../object.ts';
import { objectAt, textsAt } from '../plain.ts';
import type { PlainObject } from '../plain.ts';
import { ownerReference } from './control.ts';
import type { Control } from './control.ts';

interface Own {
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: PlainObject;
}

/** Makes a pod of its owner's template, under a name of its own; `own` is what the template does not have. */
export function createOwnedPod(control: Control, owner: KubernetesObject, own: Own = {}): void {
  const template = objectAt(owner, 'spec', 'template');
  const annotations = textsAt(template, 'metadata', 'annotations');
  const pod = control.writes.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace ?? '',
      labels: { ...textsAt(template, 'metadata', 'labels'), ...own.labels },
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ownerReferences: [ownerReference(owner)],
    },
    spec: { ...objectAt(template, 'spec'), ...own.spec },
  });
  control.recordEvent(owner, { type: 'Normal', reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}` });
}
