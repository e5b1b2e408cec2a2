import type { KubernetesObject } from '../object.ts';
import { listAt, numberAt, objectAt, textAt, textsAt, valueAt } from '../plain.ts';
import type { PlainObject } from '../plain.ts';
import { lettersOf } from '../random-name.ts';
import type { Store } from '../store.ts';
import { controllerOf, isReady, isTerminating, ownerReference } from './control.ts';
import type { Control } from './control.ts';

/** The Services that lead to a pod, or would if it were ready. */
export function servicesOf(store: Store, pod: KubernetesObject): readonly KubernetesObject[] {
  return store.list('Service', pod.metadata.namespace).filter((service) => isSelected(service, pod));
}

function isSelected(service: KubernetesObject, pod: KubernetesObject): boolean {
  const selector = Object.entries(textsAt(service, 'spec', 'selector'));
  return selector.length > 0 && selector.every(([key, value]) => pod.metadata.labels?.[key] === value);
}

/** Keeps the one slice of a Service: every pod with an address, ready or not, as test/fixtures/kubernetes/transcripts/09 shows it. */
export function reconcileService(control: Control, service: KubernetesObject): void {
  const { store, writes } = control;
  const { name, namespace } = service.metadata;
  if (Object.keys(objectAt(service, 'spec', 'selector')).length === 0) return;
  const pods = store
    .list('Pod', namespace)
    .filter((pod) => isSelected(service, pod) && textAt(pod, 'status', 'podIP') !== '')
    .filter((pod) => !['Succeeded', 'Failed'].includes(textAt(pod, 'status', 'phase')));
  const [first] = pods;
  const content = {
    addressType: 'IPv4',
    endpoints: first === undefined ? null : pods.map(endpointOf),
    ports: first === undefined ? null : listAt(service, 'spec', 'ports').flatMap((port) => portAt(port, first)),
  };
  const existing = store.list('EndpointSlice', namespace).find((slice) => controllerOf(slice)?.uid === service.metadata.uid);
  if (existing !== undefined) {
    writes.update(existing, { ...existing, ...content });
    return;
  }
  writes.create({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${name}-${lettersOf(service.metadata.uid ?? name, 5)}`,
      generateName: `${name}-`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io', 'kubernetes.io/service-name': name },
      ownerReferences: [ownerReference(service)],
    },
    ...content,
  });
}

function endpointOf(pod: KubernetesObject): PlainObject {
  const { namespace, name, uid } = pod.metadata;
  const terminating = isTerminating(pod);
  const serving = isReady(pod);
  return {
    addresses: [textAt(pod, 'status', 'podIP')],
    conditions: { ready: serving && !terminating, serving, terminating },
    targetRef: { kind: 'Pod', namespace, name, uid },
    nodeName: textAt(pod, 'spec', 'nodeName'),
  };
}

/** A port by number, or by the name that a container of the pods gives it; by default the Service's own number. */
function portAt(port: PlainObject, pod: KubernetesObject): readonly PlainObject[] {
  const target = valueAt(port, 'targetPort') ?? numberAt(port, 'port');
  const named = listAt(pod, 'spec', 'containers')
    .flatMap((container) => listAt(container, 'ports'))
    .find((each) => each['name'] === target);
  const number = typeof target === 'number' ? target : numberAt(named, 'containerPort');
  return number === undefined ? [] : [{ name: textAt(port, 'name'), protocol: textAt(port, 'protocol') || 'TCP', port: number }];
}
