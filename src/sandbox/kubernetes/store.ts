import type { KubernetesObject } from './object.ts';

export interface StoredChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  /** For DELETED the last state with the version of the deletion. */
  readonly object: KubernetesObject;
  readonly previous: KubernetesObject | undefined;
}

const firstVersion = 1_000;
const keptChanges = 20_000;

/** Objects by kind, namespace and name under one counter of versions, with the history that watches replay. */
export class Store {
  #version = firstVersion;
  #history: StoredChange[] = [];
  readonly #kinds = new Map<string, Map<string, KubernetesObject>>();
  /** By kind and namespace, until an object of the kind changes. */
  readonly #lists = new Map<string, Map<string | undefined, readonly KubernetesObject[]>>();
  readonly #listeners = new Set<(change: StoredChange) => void>();
  readonly #createdAt = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get version(): number {
    return this.#version;
  }

  /** Versions before this one can be neither watched from nor listed exactly. */
  get oldestVersion(): number {
    return this.#history.length < keptChanges ? firstVersion : (this.#history[0]?.version ?? firstVersion);
  }

  get(kind: string, namespace: string, name: string): KubernetesObject | undefined {
    return this.#kinds.get(kind)?.get(keyOf(namespace, name));
  }

  /** In order of namespace and name; the same list until an object of the kind changes. */
  list(kind: string, namespace?: string): readonly KubernetesObject[] {
    let lists = this.#lists.get(kind);
    if (lists === undefined) this.#lists.set(kind, (lists = new Map()));
    let list = lists.get(namespace);
    if (list === undefined) {
      const objects = [...(this.#kinds.get(kind)?.values() ?? [])];
      list = sorted(objects.filter((object) => namespace === undefined || object.metadata.namespace === namespace));
      lists.set(namespace, list);
    }
    return list;
  }

  /** The list as it was at a version that is still in the history. */
  listAt(version: number, kind: string, namespace?: string): readonly KubernetesObject[] {
    const objects = new Map(this.#kinds.get(kind) ?? []);
    for (const change of this.#history.toReversed()) {
      if (change.version <= version) break;
      if (change.object.kind !== kind) continue;
      const key = keyOf(change.object.metadata.namespace ?? '', change.object.metadata.name);
      if (change.previous === undefined) objects.delete(key);
      else objects.set(key, change.previous);
    }
    return sorted([...objects.values()].filter((object) => namespace === undefined || object.metadata.namespace === namespace));
  }

  /** Adds or replaces; the stored object carries the new version. */
  put(object: KubernetesObject): KubernetesObject {
    const { namespace = '', name } = object.metadata;
    const previous = this.get(object.kind, namespace, name);
    this.#version += 1;
    const stored = deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } });
    let objects = this.#kinds.get(object.kind);
    if (objects === undefined) this.#kinds.set(object.kind, (objects = new Map()));
    objects.set(keyOf(namespace, name), stored);
    if (previous === undefined) this.#createdAt.set(stored.metadata.uid ?? '', this.#now());
    this.#publish({ type: previous === undefined ? 'ADDED' : 'MODIFIED', version: this.#version, object: stored, previous });
    return stored;
  }

  remove(object: KubernetesObject): void {
    const { namespace = '', name } = object.metadata;
    const previous = this.get(object.kind, namespace, name);
    if (previous === undefined) return;
    this.#kinds.get(object.kind)?.delete(keyOf(namespace, name));
    this.#createdAt.delete(previous.metadata.uid ?? '');
    this.#version += 1;
    const last = deepFreeze({ ...previous, metadata: { ...previous.metadata, resourceVersion: String(this.#version) } });
    this.#publish({ type: 'DELETED', version: this.#version, object: last, previous });
  }

  /** Undefined once the object is gone. */
  createdAtMs(uid: string): number | undefined {
    return this.#createdAt.get(uid);
  }

  changesAfter(version: number): readonly StoredChange[] {
    return this.#history.filter((change) => change.version > version);
  }

  subscribe(listener: (change: StoredChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #publish(change: StoredChange): void {
    this.#lists.delete(change.object.kind);
    this.#history.push(change);
    if (this.#history.length > keptChanges * 2) this.#history = this.#history.slice(-keptChanges);
    for (const listener of this.#listeners) listener(change);
  }
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function sorted(objects: readonly KubernetesObject[]): readonly KubernetesObject[] {
  return objects.toSorted(
    (a, b) => compare(a.metadata.namespace ?? '', b.metadata.namespace ?? '') || compare(a.metadata.name, b.metadata.name),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
  return value;
}
