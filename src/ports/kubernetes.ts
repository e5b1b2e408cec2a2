import type { Json, JsonObject } from '../value/json.ts';

/** Names an object. `apiVersion` as in manifests (`apps/v1`), `kind` in singular camel case; no namespace for cluster-scoped kinds. */
export interface ObjectRef {
  readonly cluster: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  /** How the API names the collection of a custom resource. */
  readonly plural?: string;
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

/** A question to the API server whether we may do something; a subresource is part of the resource (`pods/eviction`). */
export interface AccessQuestion {
  readonly cluster: string;
  readonly namespace?: string;
  readonly apiGroup: string;
  readonly resource: string;
  readonly verb: string;
  readonly name?: string;
}

export interface PodLogRequest {
  readonly cluster: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly tailLines: number;
  readonly limitBytes: number;
  /** The log before the container's last restart. */
  readonly previous?: boolean;
  readonly sinceSeconds?: number;
}

/** A command of `commands:` in fixpoint.yaml: a fixed list of arguments in which `${name}` stands for a whole one. */
export interface DeclaredCommand {
  readonly argv: readonly string[];
  readonly params: Readonly<Record<string, CommandParam>>;
  /** Absent = the pod's only one. */
  readonly container?: string;
  /** Absent = all. */
  readonly namespaces?: readonly string[];
}

export type CommandParam =
  | { readonly type: 'integer'; readonly minimum: number; readonly maximum: number }
  | { readonly type: 'string'; readonly pattern: string; readonly maxLength: number }
  | { readonly type: 'enum'; readonly values: readonly string[] };

/** Reads only. Every call ends by the signal; failures are `kubernetes.*` errors. */
export interface KubernetesReader {
  get(ref: ObjectRef, signal: AbortSignal): Promise<KubernetesObject>;
  list(list: ObjectList, signal: AbortSignal): Promise<readonly KubernetesObject[]>;
  /** The `scale` subresource. */
  getScale(ref: ObjectRef, signal: AbortSignal): Promise<KubernetesObject>;
  /** The end of a container's log; empty for a pod that has none yet. */
  podLog(request: PodLogRequest, signal: AbortSignal): Promise<string>;
  may(question: AccessQuestion, signal: AbortSignal): Promise<boolean>;
  /** Whether `protected:` keeps every rule out of this namespace. */
  protects(namespace: string): boolean;
  /** The command that is declared under this name. */
  command(name: string): DeclaredCommand | undefined;
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
  /** Evicts the pod of this uid; `kubernetes.budget-spent` where its disruption budget does not allow it now. */
  evict(pod: ObjectRef & { readonly uid: string }, signal: AbortSignal): Promise<void>;
  /** Deletes the object of this uid, and in the background what it owns; `kubernetes.conflict` where the uid is another. */
  delete(object: ObjectRef & { readonly uid: string }, signal: AbortSignal): Promise<void>;
  /** Runs a command in a container, begun only with more lease left than its time; `kubernetes.unavailable` where its end is not known. */
  exec(request: ExecRequest, signal: AbortSignal): Promise<ExecResult>;
}

export interface ExecRequest {
  readonly cluster: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly argv: readonly string[];
  readonly timeoutMs: number;
  /** Of each of the two outputs; the rest is dropped. */
  readonly mostBytes: number;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly truncated: boolean;
}
