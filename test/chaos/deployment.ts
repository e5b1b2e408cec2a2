export const namespace = 'chaos';

/** The annotation a restart sets. */
const annotation = 'kubectl.kubernetes.io/restartedAt';

/** Until new pods are available, ms. */
const settling = 80;

export interface DeploymentState {
  readonly replicas: number;
  readonly stamp: string | null;
}

/** A Deployment as far as `kubernetes.scale`, `kubernetes.restart` and `rolloutComplete` look at it. */
export class Deployment {
  readonly #name: string;
  readonly #uid: string;
  #state: DeploymentState = { replicas: 2, stamp: null };
  #generation = 1;
  #changedAt = 0;

  constructor(name: string) {
    this.#name = name;
    this.#uid = `uid-${name}`;
  }

  get replicas(): number {
    return this.#state.replicas;
  }

  state(): DeploymentState {
    return this.#state;
  }

  set(change: Partial<DeploymentState>): void {
    this.#state = { ...this.#state, ...change };
    this.#generation += 1;
    this.#changedAt = Date.now();
  }

  scale(): object {
    return { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: this.#metadata(), spec: { replicas: this.replicas } };
  }

  whole(): object {
    const { replicas, stamp } = this.#state;
    const available = Date.now() - this.#changedAt < settling ? replicas - 1 : replicas;
    const template = { metadata: stamp === null ? {} : { annotations: { [annotation]: stamp } } };
    const status = { observedGeneration: this.#generation, replicas, updatedReplicas: replicas, availableReplicas: available };
    return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: this.#metadata(), spec: { replicas, template }, status };
  }

  /** What a patched document says; a scale says nothing of stamps. */
  static stateOf(document: unknown, before: DeploymentState): DeploymentState {
    const { spec } = document as { spec: { replicas: number; template?: { metadata: { annotations?: Record<string, string> } } } };
    const stamp = spec.template === undefined ? before.stamp : (spec.template.metadata.annotations?.[annotation] ?? null);
    return { replicas: spec.replicas, stamp };
  }

  #metadata(): object {
    return { name: this.#name, namespace, uid: this.#uid, resourceVersion: String(this.#generation), generation: this.#generation };
  }
}
