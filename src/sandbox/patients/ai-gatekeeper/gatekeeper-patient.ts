import type { SandboxClock } from '../../clock.ts';
import type { Cluster, PodOutcome } from '../../kubernetes/cluster.ts';
import type { KubernetesObject } from '../../kubernetes/object.ts';
import { listAt, objectAt, textAt } from '../../kubernetes/plain.ts';
import type { SandboxHandler } from '../../listen.ts';
import { parseQuantity } from '../../../value/quantity.ts';
import { FaultBook, type FaultKind } from '../fault-book.ts';
import type { PatientWorld } from '../patient-world.ts';
import type { KnownAlert, Patient } from '../patient.ts';
import { readyPods, type ReadyPod } from '../ready-pods.ts';
import type { Series } from '../series.ts';
import { gatekeeperApi } from './gatekeeper-api.ts';
import { GatekeeperSigns, type GatekeeperState, type PodMemory, type Pool } from './gatekeeper-signs.ts';
import { aiGatekeeper, gatekeeperEnv, gatekeeperImage, gatekeeperReplicas, gatekeeperResources } from './platform.ts';

const app = 'ai-gatekeeper';
const requestsPerSecond = 60;

/** Connections that one pod wants: ordinarily, and while slow statements make each of its workers hold several. */
const ordinaryConnections = 12;
const heldConnections = 40;
/** Connections that all pods want together while many more requests come. */
const surgeConnections = 140;

const gib = 1024 ** 3;
const ordinaryMemory = 0.9 * gib;
const largeMemory = 2.4 * gib;

const exhaustedAbove = 0.9;
const badReleaseErrors = 0.4;
const policyModes: ReadonlySet<string> = new Set(['strict', 'balanced']);

/** AI Gatekeeper as it lives: connections and memory of its pods, its releases, and whether it starts. */
export class GatekeeperPatient implements Patient {
  readonly platform = aiGatekeeper.name;
  readonly namespaces = aiGatekeeper.namespaces;
  readonly alertNames = ['DatabasePoolExhaustion', 'HighMemoryUsage', 'GatekeeperBadRelease', 'GatekeeperNotStarting'];
  readonly faultsForPeople = ['startup-failure'];
  readonly services: Readonly<Record<string, SandboxHandler>> = { 'ai-gatekeeper': gatekeeperApi(this) };
  readonly signs = new GatekeeperSigns();
  readonly faults: FaultBook;
  readonly #clock: SandboxClock;
  readonly #cluster: Cluster;
  #pods: readonly ReadyPod[] = [];
  #crashing: readonly string[] = [];
  #badReleases = 0;
  #steppedAt: number;

  constructor({ clock, cluster }: Pick<PatientWorld, 'clock' | 'cluster'>) {
    this.#clock = clock;
    this.#cluster = cluster;
    this.#steppedAt = clock.now();
    this.faults = new FaultBook({ kinds: this.#kinds(), clock, refresh: () => this.step() });
  }

  step(): void {
    const now = this.#clock.now();
    this.signs.pass((now - this.#steppedAt) / 1000);
    this.#steppedAt = now;
    this.#pods = readyPods(this.#cluster, this.namespaces[0], app);
    this.#crashing = this.#cluster
      .list('Pod', this.namespaces[0], { app })
      .filter(isCrashing)
      .map(({ metadata }) => metadata.name);
    this.faults.step(now);
    this.signs.state = this.#state();
  }

  series(): readonly Series[] {
    return [...this.signs.metrics().flatMap(({ series }) => series), ...this.signs.recorded()];
  }

  heal(): void {
    this.faults.clear();
    this.#configure({ POLICY_MODE: gatekeeperEnv.POLICY_MODE });
    this.step();
  }

  isSettled(): boolean {
    return this.faults.isSettled();
  }

  alert(name: string): KnownAlert | undefined {
    const alert = (fault: string, isFiring: () => boolean): KnownAlert => ({
      fault,
      isUnwell: () => isFiring() || this.faults.hasUncured(fault),
      fallIll: () => void this.faults.inject(fault, {}),
    });
    const known: Readonly<Record<string, KnownAlert>> = {
      DatabasePoolExhaustion: alert('pool-exhaustion', () => this.signs.poolRatio > exhaustedAbove),
      HighMemoryUsage: alert('high-memory', () => this.signs.memoryRatio > exhaustedAbove),
      GatekeeperBadRelease: alert('bad-release', () => this.signs.errorRatio > 0.05),
      GatekeeperNotStarting: alert('startup-failure', () => this.#crashing.length > 0),
    };
    return Object.hasOwn(known, name) ? known[name] : undefined;
  }

  isServing(): boolean {
    return this.#pods.length > 0;
  }

  /** A pod whose settings are not valid ends at once. */
  podOutcome(pod: KubernetesObject): PodOutcome | undefined {
    return this.#isMisconfigured(pod) ? 'crash' : undefined;
  }

  podLog(pod: KubernetesObject): string | undefined {
    if (pod.metadata.labels?.['app'] !== app) return undefined;
    const start = ['INFO gatekeeper: starting', `INFO gatekeeper: pool of ${envOf(pod)['DB_POOL_SIZE'] ?? '20'} connections`];
    const given = envOf(pod)['POLICY_MODE'] ?? '';
    const end = this.#isMisconfigured(pod)
      ? [
          'ERROR gatekeeper: 1 validation error for Settings',
          `ERROR gatekeeper: validation: policy_mode must be strict or balanced, not ${JSON.stringify(given)}`,
          'ERROR gatekeeper: giving up',
        ]
      : ['INFO gatekeeper: listening on 0.0.0.0:5000'];
    return [...start, ...end].join('\n');
  }

  #isMisconfigured(pod: KubernetesObject): boolean {
    if (pod.metadata.labels?.['app'] !== app) return false;
    const fault = this.faults.find('startup-failure');
    const isYounger = fault !== undefined && (this.#cluster.createdAtMs(pod) ?? 0) >= fault.since;
    return !isValid(envOf(pod)) || (isYounger && fault.isStubborn);
  }

  #state(): GatekeeperState {
    return {
      requestsPerSecond: this.isServing() ? requestsPerSecond : 0,
      errorShare: Math.max(0.001, this.#badShare() * badReleaseErrors),
      pool: this.#fullestPool(),
      memory: this.#pods.map((pod) => this.#memoryOf(pod)),
      versions: [...new Set(this.#pods.map(({ image }) => image.slice(image.lastIndexOf(':') + 1)))].toSorted(),
      crashing: this.#crashing,
    };
  }

  #fullestPool(): Pool {
    const [first = { size: 0, overflow: 0, checkedOut: 0 }, ...rest] = this.#pods.map((pod) => this.#poolOf(pod));
    const fullness = ({ size, overflow, checkedOut }: Pool): number => checkedOut / (size + overflow);
    return rest.reduce((fullest, pool) => (fullness(pool) > fullness(fullest) ? pool : fullest), first);
  }

  #poolOf({ env }: ReadyPod): Pool {
    const faults = ['pool-exhaustion', 'request-surge'].map((name) => this.faults.find(name));
    const [held, surge] = faults;
    const size = countIn(env['DB_POOL_SIZE'], 20);
    const overflow = countIn(env['DB_MAX_OVERFLOW'], 10);
    const wanted = Math.max(
      ordinaryConnections,
      held === undefined ? 0 : heldConnections,
      surge === undefined ? 0 : Math.ceil(surgeConnections / this.#pods.length),
    );
    // A stubborn one leaks connections: it fills a pool of any size.
    const isLeaking = faults.some((fault) => fault?.isStubborn === true);
    return { size, overflow, checkedOut: isLeaking ? size + overflow : Math.min(size + overflow, wanted) };
  }

  #memoryOf({ name, limits }: ReadyPod): PodMemory {
    const fault = this.faults.find('high-memory');
    const limit = Number(parseQuantity(limits['memory'] ?? gatekeeperResources.memory)?.nano ?? 0n) / 1e9;
    const most = 0.97 * limit;
    const wanted = fault === undefined ? ordinaryMemory : fault.isStubborn ? most : largeMemory;
    return { pod: name, limit, used: Math.min(wanted, most) };
  }

  #badShare(): number {
    const fault = this.faults.find('bad-release');
    if (fault === undefined || this.#pods.length === 0) return 0;
    if (fault.isStubborn) return 1;
    return this.#pods.filter(({ image }) => image === this.#badImage()).length / this.#pods.length;
  }

  #kinds(): Readonly<Record<string, FaultKind>> {
    const isPoolWell = (): boolean => this.isServing() && this.#fullestPool().checkedOut <= exhaustedAbove * capacity(this.#fullestPool());
    const resetPool = (): void => {
      this.#configure({ DB_POOL_SIZE: gatekeeperEnv.DB_POOL_SIZE, DB_MAX_OVERFLOW: gatekeeperEnv.DB_MAX_OVERFLOW });
      this.#scaleIn();
    };
    return {
      // Each pod's workers hold more connections than its pool has: only a larger pool helps.
      'pool-exhaustion': { isLasting: true, onset: resetPool, isCured: isPoolWell },
      // So many requests that it takes larger pools and more pods.
      'request-surge': { isLasting: true, onset: resetPool, isCured: isPoolWell },
      'high-memory': {
        isLasting: true,
        onset: () =>
          this.#change((container) => ({ ...container, resources: { limits: gatekeeperResources, requests: gatekeeperResources } })),
        isCured: () =>
          this.isServing() && this.#pods.every((pod) => this.#memoryOf(pod).used <= exhaustedAbove * this.#memoryOf(pod).limit),
      },
      'bad-release': {
        isLasting: false,
        onset: () => {
          this.#badReleases += 1;
          this.#change((container) => ({ ...container, image: this.#badImage() }));
        },
        isCured: () =>
          this.isServing() && this.#wanted()['image'] !== this.#badImage() && this.#pods.every(({ image }) => image !== this.#badImage()),
      },
      'startup-failure': {
        isLasting: false,
        onset: () => this.#configure({ POLICY_MODE: 'strickt' }),
        isCured: () => isValid(envIn(this.#wanted())) && this.#crashing.length === 0,
      },
    };
  }

  /** Each time a version that was not there before. */
  #badImage(): string {
    return `${gatekeeperImage}:3.2.${this.#badReleases}`;
  }

  #wanted(): Readonly<Record<string, unknown>> {
    const found = this.#cluster.get('Deployment', this.namespaces[0], app);
    return listAt(found, 'spec', 'template', 'spec', 'containers')[0] ?? {};
  }

  #configure(env: Readonly<Record<string, string>>): void {
    this.#change((container) => ({
      ...container,
      env: Object.entries({ ...envIn(container), ...env }).map(([name, value]) => ({ name, value })),
    }));
  }

  #change(change: (container: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>): void {
    const found = this.#cluster.get('Deployment', this.namespaces[0], app);
    if (found === undefined) return;
    this.#cluster.update(found, (live) => {
      const spec = objectAt(live, 'spec');
      const template = objectAt(spec, 'template');
      const containers = listAt(template, 'spec', 'containers').map((container, index) => (index === 0 ? change(container) : container));
      return { ...live, spec: { ...spec, template: { ...template, spec: { ...objectAt(template, 'spec'), containers } } } };
    });
  }

  #scaleIn(): void {
    for (const [kind, name, change] of [
      ['HorizontalPodAutoscaler', `${app}-hpa`, { minReplicas: gatekeeperReplicas }],
      ['Deployment', app, { replicas: gatekeeperReplicas }],
    ] as const) {
      const found = this.#cluster.get(kind, this.namespaces[0], name);
      if (found !== undefined) this.#cluster.update(found, (live) => ({ ...live, spec: { ...objectAt(live, 'spec'), ...change } }));
    }
  }
}

function capacity({ size, overflow }: Pool): number {
  return size + overflow;
}

/** What is not set has its default. */
function isValid({ POLICY_MODE = 'strict' }: Readonly<Record<string, string>>): boolean {
  return policyModes.has(POLICY_MODE);
}

/** Text that is no whole number is what the application takes as not given. */
function countIn(text: string | undefined, otherwise: number): number {
  return /^\d{1,5}$/.test(text ?? '') ? Number(text) : otherwise;
}

function envIn(container: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(listAt(container, 'env').map((variable) => [textAt(variable, 'name'), textAt(variable, 'value')]));
}

function envOf(pod: KubernetesObject): Readonly<Record<string, string>> {
  return envIn(listAt(pod, 'spec', 'containers')[0] ?? {});
}

function isCrashing(pod: KubernetesObject): boolean {
  return listAt(pod, 'status', 'containerStatuses').some((status) => textAt(status, 'state', 'waiting', 'reason') === 'CrashLoopBackOff');
}
