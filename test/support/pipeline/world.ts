import { FixpointError } from '../../../src/errors.ts';
import type { AskPermit } from '../../../src/pipeline/engine.ts';
import type { KubernetesObject, KubernetesReader, KubernetesWriter, ObjectRef } from '../../../src/ports/kubernetes.ts';
import type { Json, JsonObject } from '../../../src/value/json.ts';

interface Workload {
  readonly uid: string;
  replicas: number;
  generation: number;
  /** Whether new replicas become available. */
  settles: boolean;
}

/** One change of state that really happened. */
export interface Effect {
  readonly at: number;
  readonly what: string;
  /** Types of the journal's entries when it happened. */
  readonly journal: readonly string[];
}

export interface WorldOptions {
  readonly now: () => number;
  readonly journalTypes: () => Promise<readonly string[]>;
}

/** A cluster of a few Deployments with just what `kubernetes.scale` and `rolloutComplete` ask, and a log of what was changed. */
export class World {
  readonly effects: Effect[] = [];
  readonly workloads = new Map<string, Workload>();
  /** Annotations of workloads and namespaces, by name. */
  readonly annotations = new Map<string, Readonly<Record<string, string>>>();
  /** Thrown by the next mutating requests, one each, before they do anything. */
  readonly failures: Error[] = [];
  /** Awaited by each mutating request after it was permitted and before it does anything. */
  onRequest: () => Promise<void> = () => Promise.resolve();
  /** Awaited after each effect, before its request is answered. */
  onEffect: () => Promise<void> = () => Promise.resolve();
  /** Awaited by each read. */
  onRead: () => Promise<void> = () => Promise.resolve();
  readonly #options: WorldOptions;

  constructor(options: WorldOptions) {
    this.#options = options;
  }

  add(name: string, replicas: number): Workload {
    const workload: Workload = { uid: `uid-${name}-${this.workloads.size}`, replicas, generation: 1, settles: true };
    this.workloads.set(name, workload);
    return workload;
  }

  replicas(name: string): number {
    return this.#find(name).replicas;
  }

  /** What someone else does. */
  set(name: string, replicas: number): void {
    const workload = this.#find(name);
    workload.replicas = replicas;
    workload.generation += 1;
  }

  reader(): KubernetesReader {
    return {
      get: async (ref) => {
        await this.onRead();
        return ref.kind === 'Namespace' ? this.#namespace(ref.name) : this.#object(ref);
      },
      list: async ({ apiVersion, kind, namespace = '', cluster }) => {
        await this.onRead();
        return kind === 'Deployment'
          ? [...this.workloads.keys()].map((name) => this.#object({ cluster, apiVersion, kind, namespace, name }))
          : [];
      },
      podLog: () => Promise.resolve(''),
      may: () => Promise.resolve(true),
      protects: () => false,
      command: () => undefined,
      getScale: async (ref) => {
        await this.onRead();
        const { uid, replicas, generation } = this.#find(ref.name);
        const metadata = { name: ref.name, namespace: ref.namespace ?? '', uid, resourceVersion: String(generation) };
        const spec: JsonObject = replicas === 0 ? {} : { replicas };
        return { metadata, spec };
      },
    };
  }

  writer(permit: AskPermit): KubernetesWriter {
    return {
      patch: async ({ ref, body }) => {
        await permit();
        await this.#request();
        this.#patch(ref.name, body as readonly { op: string; path: string; value: Json }[]);
        await this.#log(`scaled ${ref.name} to ${this.replicas(ref.name)}`);
        return this.#object(ref);
      },
      create: async (ref) => {
        await permit();
        await this.#request();
        await this.#log(`created ${ref.name}`);
        return { metadata: { name: ref.name, uid: 'made', resourceVersion: '1' } };
      },
      evict: () => this.#once(permit, 'evicted'),
      delete: () => this.#once(permit, 'deleted'),
      exec: () => this.#once(permit, 'ran').then(() => ({ exitCode: 0, stdout: '', stderr: '', truncated: false })),
      trace: () => Promise.resolve(),
    };
  }

  async #once(permit: AskPermit, what: string): Promise<void> {
    await permit();
    await this.#request();
    await this.#log(what);
  }

  async #request(): Promise<void> {
    await this.onRequest();
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
  }

  async #log(what: string): Promise<void> {
    const at = this.#options.now();
    this.effects.push({ at, what, journal: await this.#options.journalTypes() });
    await this.onEffect();
  }

  #patch(name: string, operations: readonly { op: string; path: string; value: Json }[]): void {
    const workload = this.#find(name);
    for (const { op, path, value } of operations) {
      const live = path === '/metadata/uid' ? workload.uid : workload.replicas === 0 ? null : workload.replicas;
      if (op === 'test' && live !== value) throw new FixpointError('kubernetes.invalid', `testing value ${path} failed`);
      if (op === 'add') {
        workload.replicas = Number(value);
        workload.generation += 1;
      }
    }
  }

  #find(name: string): Workload {
    const workload = this.workloads.get(name);
    if (workload === undefined) throw new FixpointError('kubernetes.not-found', `deployments.apps "${name}" not found`);
    return workload;
  }

  #namespace(name: string): KubernetesObject {
    return { metadata: { name, uid: `uid-${name}`, resourceVersion: '1', annotations: this.annotations.get(name) ?? {} } };
  }

  #object(ref: ObjectRef): KubernetesObject {
    const { uid, replicas, generation, settles } = this.#find(ref.name);
    const available = settles ? replicas : 0;
    return {
      apiVersion: ref.apiVersion,
      kind: ref.kind,
      metadata: {
        name: ref.name,
        namespace: ref.namespace ?? '',
        uid,
        resourceVersion: String(generation),
        generation,
        annotations: this.annotations.get(ref.name) ?? {},
      },
      spec: { replicas },
      status: {
        observedGeneration: generation,
        replicas,
        updatedReplicas: replicas,
        readyReplicas: available,
        availableReplicas: available,
      },
    };
  }
}
