import type { SandboxClock } from '../clock.ts';
import { controllerOf, reactionMs, writeStatus } from './controllers/control.ts';
import type { Control } from './controllers/control.ts';
import { Autoscalers } from './controllers/autoscaler.ts';
import { reconcileCronJob } from './controllers/cron-job.ts';
import { reconcileDaemonSet } from './controllers/daemon-set.ts';
import { reconcileDeployment } from './controllers/deployment.ts';
import { budgetsOf, reconcileBudget } from './controllers/disruption.ts';
import { reconcileService, servicesOf } from './controllers/endpoint-slice.ts';
import { reconcileJob } from './controllers/job.ts';
import { Kubelet } from './controllers/kubelet.ts';
import type { PodOutcome } from './controllers/pod-outcome.ts';
import { reconcileReplicaSet } from './controllers/replica-set.ts';
import { reconcileStatefulSet } from './controllers/stateful-set.ts';
import { WorkQueue } from './controllers/work-queue.ts';
import { decode } from './decode.ts';
import { Deletion } from './deletion.ts';
import { createEventRecorder } from './events.ts';
import { defaultNodes, nodeNamed, readiness, tainted } from './nodes.ts';
import type { KubernetesObject } from './object.ts';
import { listAt, textAt } from './plain.ts';
import { quotaStatus } from './quota.ts';
import { resourceOfKind } from './resource.ts';
import { typeOfKind } from './schema.ts';
import type { ExecOutcome } from './serve/exec.ts';
import { Store } from './store.ts';
import { Writes } from './writes.ts';

/** Reads of the simulated cluster; kinds in singular camel case (`Deployment`), cluster-scoped kinds under namespace `''`. */
export interface ClusterView {
  get(kind: string, namespace: string, name: string): KubernetesObject | undefined;
  /** In order of namespace and name; without a namespace of all of them; `labels` must all be equal. */
  list(kind: string, namespace?: string, labels?: Readonly<Record<string, string>>): readonly KubernetesObject[];
}

export interface ClusterChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubernetesObject;
  readonly previous: KubernetesObject | undefined;
}

export type { PodOutcome } from './controllers/pod-outcome.ts';

export interface ClusterOptions {
  readonly clock: SandboxClock;
  /** The source of uids, so that a seeded sandbox repeats itself. */
  readonly ids: () => string;
  /** Names of the nodes; three by default. */
  readonly nodes?: readonly string[];
  /** From creation to Ready in the clock's ms; 3000 by default. */
  readonly podStartMs?: number;
  /** How long a pod that is to end runs; 2000 by default. */
  readonly podRunMs?: number;
  /** Admission for writes over the API: a text refuses it with 403. */
  readonly admit?: (write: { readonly operation: 'create' | 'update' | 'delete'; readonly object: KubernetesObject }) => string | undefined;
  /** By default images with `bad` or `missing` in their name cannot be pulled and all others become ready. */
  readonly podOutcome?: (pod: KubernetesObject) => PodOutcome;
  /** The text that the log endpoint answers for a container; some lines where it is undefined. */
  readonly podLog?: (pod: KubernetesObject, container: string) => string | undefined;
  /** What becomes of a command in a container; by default, and where this knows nothing of it, it says its arguments. */
  readonly podExec?: (pod: KubernetesObject, container: string, argv: readonly string[]) => ExecOutcome | undefined;
  /** What a running pod uses, cpu in cores and memory in bytes; without it there is no metrics API. */
  readonly podUsage?: (pod: KubernetesObject) => { readonly cpu: number; readonly memory: number };
}

export interface Cluster extends ClusterView {
  readonly clock: SandboxClock;
  /** Seeds an object as the API would create it, its namespace included. */
  create(object: KubernetesObject): KubernetesObject;
  /** Replaces an object by what `change` makes of it; generation and resourceVersion follow as over the API. */
  update(object: KubernetesObject, change: (object: KubernetesObject) => KubernetesObject): KubernetesObject;
  /** Deletes as over the API: pods terminate first, dependents go with their owner. */
  delete(object: KubernetesObject): void;
  /** Exact, where `creationTimestamp` has whole seconds only. */
  createdAtMs(object: KubernetesObject): number | undefined;
  /** Sets the condition Ready of a node; nothing follows from it by itself. */
  setNodeReady(name: string, isReady: boolean): void;
  /** Overrides a running pod's readiness until the pod is replaced. */
  setPodReady(namespace: string, name: string, isReady: boolean): void;
  /** Records an Event about an object, counting repeats. */
  recordEvent(
    about: KubernetesObject,
    event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string },
  ): void;
  /** Called after each change of an object, in order; returns how to stop. */
  onChange(listener: (change: ClusterChange) => void): () => void;
  /** Stops the controllers and ends open watches. */
  close(): void;
}

/** A Cluster as the API needs it. */
export interface ServedCluster extends Cluster {
  readonly store: Store;
  readonly writes: Writes;
  readonly deletion: Deletion;
  readonly options: ClusterOptions;
  /** Aborts when the cluster is closed. */
  readonly closed: AbortSignal;
}

/** A cluster with running controllers and the namespaces `default` and `kube-system`. */
export function createCluster(options: ClusterOptions): ServedCluster {
  const { clock } = options;
  const store = new Store(() => clock.now());
  const writes = new Writes({ store, clock, ids: options.ids });
  const deletion = new Deletion(store, clock);
  const recordEvent = createEventRecorder(store, writes, clock);
  const closing = new AbortController();

  const queue = new WorkQueue(clock, (key) => {
    const [kind = '', namespace = '', name = ''] = key.split('/');
    const object = store.get(kind, namespace, name);
    if (object !== undefined) reconcilers[kind]?.(control, object);
  });
  const control: Control = {
    clock,
    store,
    writes,
    recordEvent,
    remove: (object) => void deletion.delete(object),
    requeue: (object, delayMs) => queue.add(keyOf(object), delayMs),
  };
  const kubelet = new Kubelet(control, {
    podStartMs: options.podStartMs ?? 3_000,
    podRunMs: options.podRunMs ?? 2_000,
    outcome: options.podOutcome ?? outcomeByImage,
  });
  const autoscalers = new Autoscalers(control);
  store.subscribe((change) => {
    autoscalers.onChange(change);
    kubelet.onChange(change);
    deletion.onChange(change);
    if (change.object.kind in reconcilers) queue.add(keyOf(change.object), reactionMs);
    const owner = controllerOf(change.object);
    if (owner !== undefined && owner.kind in reconcilers)
      queue.add(`${owner.kind}/${change.object.metadata.namespace ?? ''}/${owner.name}`, reactionMs);
    if (change.object.kind === 'Node' && change.type !== 'MODIFIED')
      for (const set of store.list('DaemonSet')) queue.add(keyOf(set), reactionMs);
    if (change.type !== 'MODIFIED')
      for (const quota of store.list('ResourceQuota', change.object.metadata.namespace ?? '')) queue.add(keyOf(quota), reactionMs);
    if (change.object.kind === 'Pod')
      for (const pod of [change.object, ...(change.previous === undefined ? [] : [change.previous])])
        for (const service of servicesOf(store, pod)) queue.add(keyOf(service), reactionMs);
    if (change.object.kind === 'Pod') for (const budget of budgetsOf(store, change.object)) queue.add(keyOf(budget), reactionMs);
  });

  function ensureNamespace(name: string): void {
    if (store.get('Namespace', '', name) !== undefined) return;
    writes.create({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
      spec: { finalizers: ['kubernetes'] },
    });
  }

  ensureNamespace('default');
  ensureNamespace('kube-system');
  for (const [index, name] of (options.nodes ?? defaultNodes).entries()) writes.create(nodeNamed(name, index, clock.now()));
  return {
    clock,
    store,
    writes,
    deletion,
    options,
    closed: closing.signal,
    recordEvent,
    get: (kind, namespace, name) => store.get(kind, namespace, name),
    list: (kind, namespace, labels = {}) =>
      store
        .list(kind, namespace)
        .filter((object) => Object.entries(labels).every(([key, value]) => object.metadata.labels?.[key] === value)),
    create(object) {
      const resource = resourceOfKind(object.kind);
      const namespace = resource.isNamespaced ? (object.metadata.namespace ?? 'default') : undefined;
      if (namespace !== undefined) ensureNamespace(namespace);
      const { value } = decode(typeOfKind(object.kind), object, 'json');
      const read = value as unknown as KubernetesObject;
      return writes.create({ ...read, metadata: { ...read.metadata, ...(namespace === undefined ? {} : { namespace }) } });
    },
    update: (object, change) => {
      const present = store.get(object.kind, object.metadata.namespace ?? '', object.metadata.name) ?? object;
      return writes.update(present, change(present));
    },
    delete(object) {
      const present = store.get(object.kind, object.metadata.namespace ?? '', object.metadata.name);
      if (present !== undefined) deletion.delete(present);
    },
    createdAtMs: (object) => store.createdAtMs(object.metadata.uid ?? ''),
    setNodeReady(name, isReady) {
      const node = store.get('Node', '', name);
      if (node !== undefined) writes.update(node, readiness(node, isReady, clock.now()), { part: 'status' });
    },
    setPodReady(namespace, name, isReady) {
      const pod = store.get('Pod', namespace, name);
      if (pod !== undefined) kubelet.setReady(pod, isReady);
    },
    onChange: (listener) => store.subscribe(listener),
    close() {
      queue.close();
      autoscalers.close();
      kubelet.close();
      closing.abort();
    },
  };
}

const reconcilers: Readonly<Record<string, (control: Control, object: KubernetesObject) => void>> = {
  Deployment: reconcileDeployment,
  ReplicaSet: reconcileReplicaSet,
  StatefulSet: reconcileStatefulSet,
  DaemonSet: reconcileDaemonSet,
  Job: reconcileJob,
  CronJob: reconcileCronJob,
  PodDisruptionBudget: reconcileBudget,
  Node: reconcileNode,
  Service: reconcileService,
  ResourceQuota: (control, quota) => writeStatus(control, quota, { ...quotaStatus(control.store, quota) }),
};

function reconcileNode({ writes, clock }: Control, node: KubernetesObject): void {
  writes.update(node, tainted(node, clock.now()));
}

function keyOf(object: KubernetesObject): string {
  return `${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

/** Images with `bad`, `missing` or `does-not-exist` in their name cannot be pulled. */
export function outcomeByImage(pod: KubernetesObject): PodOutcome {
  return listAt(pod, 'spec', 'containers').some((container) => /bad|missing|does-not-exist/.test(textAt(container, 'image')))
    ? 'image-missing'
    : 'ready';
}
