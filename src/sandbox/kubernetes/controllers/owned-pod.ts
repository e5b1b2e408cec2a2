import type { KubernetesObject } from '../object.ts';
import { objectAt, textsAt } from '../plain.ts';
import { ownerReference } from './control.ts';
import type { Control } from './control.ts';

/** Makes a pod of its owner's template, under a name of its own. */
export function createOwnedPod(control: Control, owner: KubernetesObject): void {
  const template = objectAt(owner, 'spec', 'template');
  const annotations = textsAt(template, 'metadata', 'annotations');
  const pod = control.writes.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: '',
      generateName: `${owner.metadata.name}-`,
      namespace: owner.metadata.namespace ?? '',
      labels: textsAt(template, 'metadata', 'labels'),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ownerReferences: [ownerReference(owner)],
    },
    spec: objectAt(template, 'spec'),
  });
  control.recordEvent(owner, { type: 'Normal', reason: 'SuccessfulCreate', message: `Created pod: ${pod.metadata.name}` });
}
