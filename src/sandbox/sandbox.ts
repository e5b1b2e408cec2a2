import { createHash } from 'node:crypto';
import { answerAlerts } from './alerts/alerts-api.ts';
import { HandAlerts } from './alerts/hand-alerts.ts';
import { PageBook, type Page } from './alerts/page-book.ts';
import type { PostedAlert } from './alerts/posted-alert.ts';
import { resolvedMessage } from './alerts/resolved-message.ts';
import { textAnswer } from './answer.ts';
import { realClock, type SandboxClock, type Timer } from './clock.ts';
import { controlHandler } from './control.ts';
import { createKubernetesApi, type KubernetesApi } from './kubernetes/api.ts';
import { createCluster, outcomeByImage, type Cluster, type ClusterChange, type PodOutcome } from './kubernetes/cluster.ts';
import type { KubernetesObject } from './kubernetes/object.ts';
import type { ExecOutcome } from './kubernetes/serve/exec.ts';
import type { SandboxHandler } from './listen.ts';
import { patientKinds } from './patients/catalogue.ts';
import type { PatientStores } from './patients/patient-world.ts';
import type { Patient } from './patients/patient.ts';
import type { Platform } from './patients/platform.ts';
import { podEndpoints } from './pod-endpoints.ts';
import { podUsage } from './pod-usage.ts';
import { answerQuery, queryError } from './query/query-api.ts';
import { openListeners, type SandboxAddresses, type SandboxHandlers, type SandboxPorts } from './sandbox-addresses.ts';

export interface SandboxOptions {
  /** How many times faster than real time the simulated world runs; unused with a clock of one's own. */
  readonly speed: number;
  readonly clock?: SandboxClock;
  /** Real time in ms since the epoch: all that leaves the sandbox for the product is dated by it. */
  readonly wallNow: () => number;
  /** Only these platforms; all unless told. */
  readonly platforms?: readonly string[];
  /** Decides the uids of the simulated objects. */
  readonly seed?: string;
  /** Gives a webhook body to the product for a platform; what rejects is tried again. */
  readonly deliver?: (platform: string, body: object) => Promise<void>;
  /** The real databases that patients may live on. */
  readonly stores?: PatientStores;
  /** What pods do, before their patient is asked; undefined leaves it to that. */
  readonly pods?: PodConduct;
}

/** How pods behave. */
export interface PodConduct {
  outcome?(pod: KubernetesObject): PodOutcome | undefined;
  log?(pod: KubernetesObject, container: string): string | undefined;
  exec?(pod: KubernetesObject, argv: readonly string[]): ExecOutcome | undefined;
  usage?(pod: KubernetesObject): { readonly cpu: number; readonly memory: number } | undefined;
}

/** The simulated platforms: a cluster, patients that live in it, and what watches them. */
export interface Sandbox {
  readonly platforms: readonly Platform[];
  readonly cluster: Cluster;
  readonly kubernetes: KubernetesApi;
  /** The handlers behind the listeners, for callers in the same process. */
  readonly handlers: SandboxHandlers;
  /** An alert reached the product by hand: its patient gets the fault the alert tells of. Throws RangeError for an unknown platform. */
  alertPosted(alert: PostedAlert): void;
  /** The only platform that knows an alert of this name, else `llm-guardrails`. */
  platformFor(alertname: string): string;
  /** The fault that an alert by hand brings; undefined where the platform does not know such an alert. */
  faultFor(platform: string, alertname: string, labels: Readonly<Record<string, string>>): string | undefined;
  /** Gives a fault; false where the platform has none of this name or for these labels. Throws RangeError for an unknown platform. */
  inject(platform: string, fault: string, labels?: Readonly<Record<string, string>>): boolean;
  /** Takes all faults of a platform away. Throws RangeError for an unknown platform. */
  heal(platform: string): void;
  /** The alerts posted by hand that are not over. */
  activeAlerts(): readonly PostedAlert[];
  /** The calls for a person that were received. */
  pages(): readonly Page[];
  /** Resolves when every workload has all its pods ready: a moment after the start. */
  whenRunning(): Promise<void>;
  /** Opens all listeners on 127.0.0.1, once. */
  listen(options?: { readonly ports?: SandboxPorts }): Promise<SandboxAddresses>;
  close(): Promise<void>;
}

/** In the sandbox's time. */
const stepMs = 1000;

const watchedKinds: ReadonlySet<string> = new Set([
  'Pod',
  'Deployment',
  'StatefulSet',
  'ConfigMap',
  'Job',
  'Node',
  'Service',
  'VirtualService',
]);

export function createSandbox(options: SandboxOptions): Sandbox {
  const clock = options.clock ?? realClock(options.speed);
  const conduct = options.pods ?? {};
  const cluster = createCluster({
    clock,
    ids: countedUids(options.seed ?? 'sandbox'),
    podUsage: (pod) => conduct.usage?.(pod) ?? podUsage(pod),
    podExec: (pod, _container, argv) => conduct.exec?.(pod, argv) ?? patientIn(pod.metadata.namespace)?.exec?.(pod, argv),
    podOutcome: (pod) => conduct.outcome?.(pod) ?? patientIn(pod.metadata.namespace)?.podOutcome?.(pod) ?? outcomeByImage(pod),
    podLog: (pod, container) => conduct.log?.(pod, container) ?? patientIn(pod.metadata.namespace)?.podLog?.(pod, container),
  });
  const kubernetes = createKubernetesApi(cluster);
  const kinds = patientKinds.filter(({ platform: { name } }) => options.platforms?.includes(name) !== false);
  const platforms = kinds.map(({ platform }) => platform);
  for (const object of platforms.flatMap(({ objects }) => objects)) cluster.create(object);
  const stores = options.stores ?? { redis: new Map(), postgres: new Map() };
  const patients: readonly Patient[] = kinds.map(({ create }) => create({ clock, cluster, stores }));
  const pages = new PageBook();
  let externalUrl = 'http://127.0.0.1';
  const alerts = new HandAlerts({
    clock,
    find: ({ platform, labels }) => patientOf(platform).alert(labels['alertname'] ?? '', labels),
    resolved: async (alert) => options.deliver?.(alert.platform, resolvedMessage(alert, options.wallNow(), externalUrl)),
  });

  // Steps follow only where time alone changes something, so that a sandbox left alone sets no timers.
  let timer: Timer | undefined;
  let isClosed = false;
  const step = (): void => {
    timer = undefined;
    for (const patient of patients) patient.step();
    alerts.step();
    if (!alerts.isSettled() || patients.some((patient) => !patient.isSettled())) wake();
  };
  const wake = (): void => {
    if (!isClosed) timer ??= clock.schedule(stepMs, step);
  };
  const stopWatching = cluster.onChange(({ object }: ClusterChange) => {
    if (!watchedKinds.has(object.kind)) return;
    patientIn(object.metadata.namespace)?.step();
    wake();
  });
  wake();

  function patientIn(namespace = ''): Patient | undefined {
    return patients.find(({ namespaces }) => namespaces.includes(namespace));
  }

  function patientOf(platform: string): Patient {
    const patient = patients.find((known) => known.platform === platform);
    if (patient === undefined) throw new RangeError(`the sandbox has no platform ${JSON.stringify(platform)}`);
    return patient;
  }

  const awake =
    (handle: SandboxHandler): SandboxHandler =>
    async (request, signal) => {
      const response = await handle(request, signal);
      wake();
      return response;
    };
  const services = patients.flatMap((patient) => Object.entries(patient.services).map(([name, handle]) => [name, awake(handle)] as const));

  let listeners: Awaited<ReturnType<typeof openListeners>> | undefined;
  const serviceAt = (host: string): SandboxHandler | undefined => {
    const [name = ''] = Object.entries(listeners?.addresses.services ?? {}).find(([, url]) => new URL(url).host === host) ?? [];
    return handlers.services[name];
  };

  const handlers: SandboxHandlers = {
    kubernetes: kubernetes.handle,
    prometheus: async (request) => {
      switch (request.path) {
        case '/api/v1/query':
          return answerQuery(request, patients, options.wallNow);
        case '/api/v2/alerts':
          return answerAlerts(request, { active: () => alerts.active(), pages, wallNow: options.wallNow });
        case '/-/ready':
          return textAnswer(200, 'Ready.\n');
        default:
          return queryError(501, 'not_implemented', `the sandbox does not answer ${request.path}`);
      }
    },
    control: controlHandler({ patients, kubernetes, pages, changed: wake }),
    pods: awake(podEndpoints(cluster, { patients, serviceAt })),
    services: Object.fromEntries(services),
  };

  return {
    platforms,
    cluster,
    kubernetes,
    handlers,
    alertPosted(alert) {
      alerts.post(alert);
      wake();
    },
    platformFor(alertname) {
      const knowing = patients.filter(({ alertNames }) => alertNames.includes(alertname));
      return (knowing.length === 1 ? knowing[0]?.platform : undefined) ?? patientKinds[0].platform.name;
    },
    faultFor: (platform, alertname, labels) => patientOf(platform).alert(alertname, labels)?.fault,
    inject(platform, fault, labels = {}) {
      const isKnown = patientOf(platform).faults.inject(fault, labels);
      wake();
      return isKnown;
    },
    heal(platform) {
      patientOf(platform).heal();
      wake();
    },
    activeAlerts: () => alerts.active(),
    pages: () => pages.all(),
    async whenRunning() {
      const isWaiting = (): boolean => !isClosed && !isRunning(cluster);
      while (isWaiting()) await new Promise<void>((resolve) => clock.schedule(stepMs / 4, resolve));
    },
    async listen({ ports = {} } = {}) {
      listeners = await openListeners(handlers, ports);
      externalUrl = listeners.addresses.alertmanagerUrl;
      return listeners.addresses;
    },
    async close() {
      isClosed = true;
      timer?.cancel();
      stopWatching();
      alerts.close();
      cluster.close();
      await Promise.all(patients.map(async (patient) => await patient.close?.()));
      await listeners?.close();
    },
  };
}

function isRunning(cluster: Cluster): boolean {
  return ['Deployment', 'StatefulSet'].every((kind) =>
    cluster
      .list(kind)
      .every(
        ({ spec, status }) =>
          ((status as { readyReplicas?: number } | undefined)?.readyReplicas ?? 0) >=
          ((spec as { replicas?: number } | undefined)?.replicas ?? 1),
      ),
  );
}

/** Version 4 UUIDs that repeat themselves with the seed. */
function countedUids(seed: string): () => string {
  let count = 0;
  return () => {
    count += 1;
    const hex = createHash('sha256').update(`${seed}/${count}`).digest('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  };
}
