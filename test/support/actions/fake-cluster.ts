import { FixpointError, type ErrorCode } from '../../../src/errors.ts';
import type {
  KubernetesObject,
  KubernetesReader,
  KubernetesWriter,
  ObjectList,
  ObjectRef,
  PatchRequest,
} from '../../../src/ports/kubernetes.ts';
import type { JsonObject } from '../../../src/value/json.ts';
import { applyJsonPatch } from './json-patch.ts';

interface Place {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** `kill` at the nth request: before it is taken up, or after it has been done but before the answer. */
export interface Crash {
  readonly request: number;
  readonly when: 'before' | 'after';
}

/** Objects in memory behind the two ports: JSON patches with `test`, the `scale` subresource, uids and generations as the API has them. */
export class FakeCluster implements KubernetesReader, KubernetesWriter {
  readonly objects = new Map<string, KubernetesObject>();
  readonly requests: string[] = [];
  /** Called right before a patch is taken up: the moment for somebody else to be faster. */
  beforePatch: (() => void) | undefined;
  crash: Crash | undefined;
  /** Requests that are refused with this code. */
  refuse: { readonly pattern: RegExp; readonly code: ErrorCode } | undefined;
  permit: () => Promise<void> = () => Promise.resolve();
  #made = 0;

  put(object: Omit<KubernetesObject, 'metadata'> & { metadata: JsonObject & { name: string; namespace?: string } }): KubernetesObject {
    this.#made += 1;
    const metadata = { ...object.metadata, uid: `uid-${this.#made}`, resourceVersion: String(this.#made), generation: 1 };
    const stored = structuredClone({ ...object, metadata }) as unknown as KubernetesObject;
    this.objects.set(keyOf({ ...(stored as unknown as Place), name: stored.metadata.name, ...namespaceOf(stored) }), stored);
    return stored;
  }

  /** Someone else changes the object. */
  change(ref: Place, edit: (object: { [key: string]: never }) => void): void {
    const copy = structuredClone(this.#find(ref)) as unknown as { [key: string]: never };
    edit(copy);
    this.#store(ref, copy as unknown as KubernetesObject);
  }

  snapshot(): string {
    return JSON.stringify([...this.objects]);
  }

  get(ref: ObjectRef): Promise<KubernetesObject> {
    return this.#request(`GET ${keyOf(ref)}`, () => structuredClone(this.#find(ref)));
  }

  getScale(ref: ObjectRef): Promise<KubernetesObject> {
    return this.#request(`GET ${keyOf(ref)}/scale`, () => scaleOf(this.#find(ref)));
  }

  list({ apiVersion, kind, namespace, labelSelector }: ObjectList): Promise<readonly KubernetesObject[]> {
    return this.#request(`LIST ${kind}`, () =>
      [...this.objects.values()]
        .filter(
          (object) =>
            object.apiVersion === apiVersion &&
            object.kind === kind &&
            (namespace === undefined || object.metadata.namespace === namespace),
        )
        .filter((object) =>
          (labelSelector ?? '')
            .split(',')
            .every((part) => part === '' || object.metadata.labels?.[part.split('=')[0] ?? ''] === part.split('=')[1]),
        )
        .map((object) => structuredClone(object)),
    );
  }

  async patch({ ref, subresource, type, body, dryRun = false }: PatchRequest): Promise<KubernetesObject> {
    if (!dryRun) await this.permit();
    return await this.#request(`PATCH ${keyOf(ref)}${subresource === undefined ? '' : `/${subresource}`}`, () => {
      if (type !== 'json') throw new FixpointError('kubernetes.invalid', 'this fake knows JSON patches only');
      this.beforePatch?.();
      const object = this.#find(ref);
      const patched = applyJsonPatch(subresource === 'scale' ? scaleOf(object) : object, body);
      if (patched === undefined)
        throw new FixpointError('kubernetes.invalid', `PATCH ${keyOf(ref)}: HTTP 422 Invalid: the server rejected our request`);
      const replicas = (patched as { spec?: { replicas?: number } }).spec?.replicas ?? 0;
      const changed =
        subresource === 'scale'
          ? ({ ...object, spec: { ...(object['spec'] as object), replicas } } as unknown as KubernetesObject)
          : (patched as unknown as KubernetesObject);
      if (!dryRun) this.#store(ref, changed);
      const stored = dryRun ? changed : this.#find(ref);
      return structuredClone(subresource === 'scale' ? scaleOf(stored) : stored);
    });
  }

  create(): Promise<KubernetesObject> {
    return Promise.reject(new FixpointError('kubernetes.invalid', 'this fake creates nothing'));
  }

  evict(): Promise<void> {
    return Promise.reject(new FixpointError('kubernetes.invalid', 'this fake evicts nothing'));
  }

  delete(): Promise<void> {
    return Promise.reject(new FixpointError('kubernetes.invalid', 'this fake deletes nothing'));
  }

  exec(): Promise<never> {
    return Promise.reject(new FixpointError('kubernetes.invalid', 'this fake runs nothing'));
  }

  podLog(): Promise<string> {
    return Promise.reject(new FixpointError('kubernetes.invalid', 'this fake has no logs'));
  }

  may(): Promise<boolean> {
    return Promise.resolve(true);
  }

  protects(): boolean {
    return false;
  }

  command(): undefined {
    return undefined;
  }

  trace(): Promise<void> {
    return Promise.resolve();
  }

  #request<T>(name: string, answer: () => T): Promise<T> {
    const number = this.requests.push(name);
    const dies = this.crash?.request === number ? this.crash.when : undefined;
    return new Promise((resolve, reject) => {
      if (dies === 'before') return reject(new Error('killed'));
      if (this.refuse?.pattern.test(name) === true) return reject(new FixpointError(this.refuse.code, `${name} is refused`));
      let given: T;
      try {
        given = answer();
      } catch (error) {
        return reject(error);
      }
      return dies === 'after' ? reject(new Error('killed')) : resolve(given);
    });
  }

  #find(ref: Place): KubernetesObject {
    const found = this.objects.get(keyOf(ref));
    if (found === undefined) throw new FixpointError('kubernetes.not-found', `${keyOf(ref)} not found`);
    return found;
  }

  /** As the API: what changes nothing is no write, and only the spec moves the generation. */
  #store(ref: Place, changed: KubernetesObject): void {
    const before = this.#find(ref);
    if (JSON.stringify(before) === JSON.stringify(changed)) return;
    this.#made += 1;
    const isNewSpec = JSON.stringify(before['spec']) !== JSON.stringify(changed['spec']);
    const metadata = {
      ...changed.metadata,
      resourceVersion: String(1000 + this.#made),
      generation: (before.metadata.generation ?? 0) + (isNewSpec ? 1 : 0),
    };
    this.objects.set(keyOf(ref), { ...changed, metadata });
  }
}

function keyOf({ apiVersion, kind, namespace, name }: Place): string {
  return `${apiVersion}/${kind}/${namespace ?? '-'}/${name ?? ''}`;
}

function namespaceOf({ metadata: { namespace } }: KubernetesObject): { namespace?: string } {
  return namespace === undefined ? {} : { namespace };
}

/** `spec` at 0 is `{}` (test/fixtures/kubernetes, fact 16). */
function scaleOf(object: KubernetesObject): KubernetesObject {
  const replicas = (object['spec'] as { replicas?: number } | undefined)?.replicas ?? 1;
  const { name, namespace, uid, resourceVersion } = object.metadata;
  const metadata = { name, uid, resourceVersion, ...(namespace === undefined ? {} : { namespace }) };
  return { kind: 'Scale', apiVersion: 'autoscaling/v1', metadata, spec: replicas === 0 ? {} : { replicas }, status: { replicas } };
}
