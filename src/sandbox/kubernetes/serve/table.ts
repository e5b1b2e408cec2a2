import type { KubernetesObject } from '../object.ts';
import { listAt, numberAt, objectAt, textAt, textsAt, valueAt } from '../plain.ts';
import type { PlainObject } from '../plain.ts';
import { selectorText } from '../selector.ts';
import type { Call } from './call.ts';
import { metadataOf } from './metadata.ts';

interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer';
  readonly cell: (object: KubernetesObject, now: number) => unknown;
  /** Shown with `-o wide` only. */
  readonly isWide?: true;
}

const count = (object: KubernetesObject, ...path: readonly string[]): number => numberAt(object, ...path) ?? 0;
const nameColumn: Column = { name: 'Name', type: 'string', cell: (object) => object.metadata.name };
const ageColumn: Column = { name: 'Age', type: 'string', cell: (object, now) => age(object.metadata.creationTimestamp, now) };
const templateContainers = (object: KubernetesObject): readonly PlainObject[] => listAt(object, 'spec', 'template', 'spec', 'containers');
const wideColumns: readonly Column[] = [
  {
    name: 'Containers',
    type: 'string',
    isWide: true,
    cell: (object) =>
      templateContainers(object)
        .map((each) => textAt(each, 'name'))
        .join(','),
  },
  {
    name: 'Images',
    type: 'string',
    isWide: true,
    cell: (object) =>
      templateContainers(object)
        .map((each) => textAt(each, 'image'))
        .join(','),
  },
  { name: 'Selector', type: 'string', isWide: true, cell: (object) => selectorText(valueAt(object, 'spec', 'selector')) },
];
const readyColumn: Column = {
  name: 'Ready',
  type: 'string',
  cell: (object) => `${count(object, 'status', 'readyReplicas')}/${count(object, 'spec', 'replicas')}`,
};

const columnsOfKind: Readonly<Record<string, readonly Column[]>> = {
  Deployment: [
    nameColumn,
    readyColumn,
    { name: 'Up-to-date', type: 'string', cell: (object) => count(object, 'status', 'updatedReplicas') },
    { name: 'Available', type: 'string', cell: (object) => count(object, 'status', 'availableReplicas') },
    ageColumn,
    ...wideColumns,
  ],
  ReplicaSet: [
    nameColumn,
    { name: 'Desired', type: 'integer', cell: (object) => count(object, 'spec', 'replicas') },
    { name: 'Current', type: 'integer', cell: (object) => count(object, 'status', 'replicas') },
    { name: 'Ready', type: 'integer', cell: (object) => count(object, 'status', 'readyReplicas') },
    ageColumn,
    ...wideColumns,
  ],
  StatefulSet: [nameColumn, readyColumn, ageColumn, ...wideColumns.slice(0, 2)],
  Pod: [
    nameColumn,
    {
      name: 'Ready',
      type: 'string',
      cell: (pod) =>
        `${listAt(pod, 'status', 'containerStatuses').filter((each) => each['ready'] === true).length}/${listAt(pod, 'spec', 'containers').length}`,
    },
    { name: 'Status', type: 'string', cell: podReason },
    {
      name: 'Restarts',
      type: 'string',
      cell: (pod) =>
        String(listAt(pod, 'status', 'containerStatuses').reduce((sum, each) => sum + (numberAt(each, 'restartCount') ?? 0), 0)),
    },
    ageColumn,
    { name: 'IP', type: 'string', isWide: true, cell: (pod) => textAt(pod, 'status', 'podIP') || '<none>' },
    { name: 'Node', type: 'string', isWide: true, cell: (pod) => textAt(pod, 'spec', 'nodeName') || '<none>' },
  ],
  ConfigMap: [nameColumn, { name: 'Data', type: 'string', cell: (object) => Object.keys(objectAt(object, 'data')).length }, ageColumn],
  Secret: [
    nameColumn,
    { name: 'Type', type: 'string', cell: (object) => textAt(object, 'type') },
    { name: 'Data', type: 'string', cell: (object) => Object.keys(objectAt(object, 'data')).length },
    ageColumn,
  ],
  Service: [
    nameColumn,
    { name: 'Type', type: 'string', cell: (object) => textAt(object, 'spec', 'type') },
    { name: 'Cluster-IP', type: 'string', cell: (object) => textAt(object, 'spec', 'clusterIP') || '<none>' },
    { name: 'External-IP', type: 'string', cell: () => '<none>' },
    {
      name: 'Port(s)',
      type: 'string',
      cell: (object) =>
        listAt(object, 'spec', 'ports')
          .map((port) => `${String(port['port'])}/${String(port['protocol'])}`)
          .join(','),
    },
    ageColumn,
    {
      name: 'Selector',
      type: 'string',
      isWide: true,
      cell: (object) =>
        Object.entries(textsAt(object, 'spec', 'selector'))
          .map((pair) => pair.join('='))
          .join(','),
    },
  ],
  Event: [
    { name: 'Last Seen', type: 'string', cell: (event, now) => age(textAt(event, 'lastTimestamp') || textAt(event, 'eventTime'), now) },
    { name: 'Type', type: 'string', cell: (event) => textAt(event, 'type') },
    { name: 'Reason', type: 'string', cell: (event) => textAt(event, 'reason') },
    {
      name: 'Object',
      type: 'string',
      cell: (event) => `${textAt(event, 'involvedObject', 'kind').toLowerCase()}/${textAt(event, 'involvedObject', 'name')}`,
    },
    { name: 'Message', type: 'string', cell: (event) => textAt(event, 'message') },
  ],
  Namespace: [nameColumn, { name: 'Status', type: 'string', cell: (object) => textAt(object, 'status', 'phase') }, ageColumn],
};

/** A Table of meta.k8s.io/v1, what `kubectl get` prints; kinds without columns of their own show name and age. */
export function tableOf(
  call: Call,
  list: { readonly kind: string; readonly objects: readonly KubernetesObject[]; readonly metadata: PlainObject },
): PlainObject {
  const columns = columnsOfKind[list.kind] ?? [nameColumn, ageColumn];
  const now = call.cluster.clock.now();
  const included = call.request.query.get('includeObject') ?? 'Metadata';
  const attached = (object: KubernetesObject): unknown =>
    included === 'None' ? null : included === 'Object' ? object : metadataOf(object);
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: list.metadata,
    columnDefinitions: columns.map(({ name, type, isWide }) => ({
      name,
      type,
      format: name === 'Name' ? 'name' : '',
      description: name,
      priority: isWide === true ? 1 : 0,
    })),
    rows: list.objects.map((object) => ({ cells: columns.map((column) => column.cell(object, now)), object: attached(object) })),
  };
}

function podReason(pod: KubernetesObject): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  const waiting = listAt(pod, 'status', 'containerStatuses')
    .map((each) => textAt(each, 'state', 'waiting', 'reason'))
    .find((reason) => reason !== '');
  return waiting ?? textAt(pod, 'status', 'phase');
}

/** A time as kubectl shows its distance: `12s`, `5m`, `3h10m`, `2d`. */
function age(time: string | undefined, now: number): string {
  if (time === undefined || time === '') return '<unknown>';
  const seconds = Math.max(0, Math.floor((now - Date.parse(time)) / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (hours < 3) return `${minutes}m`;
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}
