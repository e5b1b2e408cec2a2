import { mlNamespaces, type MlNamespace } from './platform.ts';

/** A model's version that is served, and the one before, where there is one to go back to. */
export interface ServedVersion {
  readonly version: string;
  readonly previous: string | null;
}

/** Which version of the model each environment serves. */
export class ModelRegistry {
  readonly #served = new Map<MlNamespace, ServedVersion>(mlNamespaces.map((namespace) => [namespace, { version: '7', previous: '6' }]));
  #newest = 7;

  in(namespace: MlNamespace): ServedVersion {
    return this.#served.get(namespace) ?? { version: '', previous: null };
  }

  /** The version that the next release has. */
  get next(): string {
    return String(this.#newest + 1);
  }

  release(namespace: MlNamespace): void {
    this.#newest += 1;
    this.#served.set(namespace, { version: String(this.#newest), previous: this.in(namespace).version });
  }

  /** Of what is left aside nothing is kept: there is no way back from going back. */
  serve(namespace: MlNamespace, version: string): void {
    if (version !== this.in(namespace).version) this.#served.set(namespace, { version, previous: null });
  }
}
