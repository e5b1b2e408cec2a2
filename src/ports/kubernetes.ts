import type { Json, JsonObject } from '../value/json.ts';

/** Names an object. `apiVersion` as in manifests (`apps/v1`), `kind` in singular camel case; no namespace for cluster-scoped kinds. */
export interface ObjectRef {
  readonly cluster: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/** Any object of the API, as JSON. */
export type KubernetesObject = JsonObject & {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
};

export interface ObjectMeta {
  readonly [key: string]: Json | undefined;
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly labels?: { readonly [key: string]: string };
  readonly annotations?: { readonly [key: string]: string };
}

export interface ObjectList {
  readonly cluster: string;
  readonly apiVersion: string;
  readonly kind: string;
  /** Absent = all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
}

/** Reads only. Every call ends by the signal; failures are `kubernetes.*` errors. */
export interface KubernetesReader {
  get(ref: ObjectRef, signal: AbortSignal): Promise<KubernetesObject>;
  list(list: ObjectList, signal: AbortSignal): Promise<readonly KubernetesObject[]>;
  /** The `scale` subresource. */
  getScale(ref: ObjectRef, signal: AbortSignal): Promise<KubernetesObject>;
}

export interface PatchRequest {
  readonly ref: ObjectRef;
  readonly subresource?: 'scale' | 'status';
  readonly type: 'json' | 'merge' | 'strategic';
  readonly body: Json;
  /** Rehearsal: the API server checks and answers but stores nothing. */
  readonly dryRun?: boolean;
}

/** What an effect leaves for people who look at its target. */
export interface Trace {
  /** One word in upper camel case: `Scaled`. */
  readonly reason: string;
  readonly message: string;
  readonly run: string;
}

/** The engine hands it to apply only; it asks for permission before every mutating request and sends field manager `fixpoint`. */
export interface KubernetesWriter {
  patch(request: PatchRequest, signal: AbortSignal): Promise<KubernetesObject>;
  /** Records an Event about an object after an effect on it. Best effort: it never rejects. */
  trace(about: ObjectRef & { readonly uid: string }, trace: Trace, signal: AbortSignal): Promise<void>;
  create(ref: ObjectRef, body: JsonObject, options: { readonly dryRun?: boolean; readonly signal: AbortSignal }): Promise<KubernetesObject>;
}
