import { FixpointError } from '../errors.ts';
import { Secret } from '../value/secret.ts';

/** Where Kubernetes keeps a text: a key of a Secret, as `namespace/name/key`, or in another cluster `cluster/namespace/name/key`. */
export interface KubernetesSecretPlace {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
}

/** One text that Kubernetes keeps, as it was read last; whoever can ask Kubernetes fills it. */
export class KubernetesSecret {
  readonly place: KubernetesSecretPlace;
  #secret: Secret | undefined;
  #problem = 'it has not been read yet';

  constructor(place: KubernetesSecretPlace) {
    this.place = place;
  }

  get isKnown(): boolean {
    return this.#secret !== undefined;
  }

  /** The same object while the text stays the same. */
  put(text: string): void {
    if (this.#secret?.reveal() !== text) this.#secret = new Secret(text);
  }

  /** It is not there (any more): what was known of it is forgotten. */
  drop(problem: string): void {
    this.#secret = undefined;
    this.#problem = problem;
  }

  /** Throws `secret.unavailable`. */
  read(): Secret {
    if (this.#secret === undefined) throw new FixpointError('secret.unavailable', `${this.describe()}: ${this.#problem}`);
    return this.#secret;
  }

  describe(): string {
    const { cluster, namespace, name, key } = this.place;
    return `key ${key} of the Kubernetes Secret ${namespace}/${name}${cluster === 'default' ? '' : ` in cluster ${cluster}`}`;
  }
}

const secretKey = /^[-._a-zA-Z0-9]{1,253}$/;

/** Undefined where the text has not this form; whether its names are such is for the schema to say. */
export function parseKubernetesSecret(text: string): KubernetesSecretPlace | undefined {
  const parts = text.split('/');
  const [cluster = '', namespace = '', name = '', key = ''] = parts.length === 3 ? ['default', ...parts] : parts;
  if (parts.length < 3 || parts.length > 4 || !secretKey.test(key)) return undefined;
  return { cluster, namespace, name, key };
}
