import { isDeepStrictEqual } from 'node:util';
import { ManualClock } from '../../../src/sandbox/clock.ts';
import { createKubernetesApi } from '../../../src/sandbox/kubernetes/api.ts';
import type { KubernetesApi } from '../../../src/sandbox/kubernetes/api.ts';
import { createCluster } from '../../../src/sandbox/kubernetes/cluster.ts';
import type { ServedCluster } from '../../../src/sandbox/kubernetes/cluster.ts';
import type { KubernetesObject } from '../../../src/sandbox/kubernetes/object.ts';
import { isPlainObject, listAt, textAt } from '../../../src/sandbox/kubernetes/plain.ts';
import { resources } from '../../../src/sandbox/kubernetes/resource.ts';
import { comparable } from './comparable.ts';
import type { Recorded, Transcript } from './transcript.ts';

export interface Mismatch {
  readonly index: number;
  readonly request: string;
  readonly recorded: unknown;
  readonly replayed: unknown;
}

export interface Outcome {
  readonly equal: number;
  /** How many exchanges were left out, by reason. */
  readonly leftOut: Readonly<Record<string, number>>;
  readonly mismatches: readonly Mismatch[];
}

export interface ReplayOptions {
  /** Objects that existed before the recording began, where its first sight of them came too late to take them from it. */
  readonly seeds?: readonly unknown[];
  /** Exchanges that cannot be replayed, with the reason to count them under. */
  readonly leftOut?: (exchange: Recorded, index: number) => string | undefined;
}

/** Sends a recording's requests to a fresh sandbox, at the recorded times, and compares the answers. */
export async function replay(transcript: Transcript, options: ReplayOptions = {}): Promise<Outcome> {
  const clock = new ManualClock(Date.UTC(2026, 10, 21, 9, 30));
  let next = 0;
  const ids = (): string => `00000000-0000-4000-8000-${String((next += 1)).padStart(12, '0')}`;
  const cluster = createCluster({ clock, ids, podStartMs: 600 });
  const api = createKubernetesApi(cluster);
  seed(cluster, transcript, options.seeds ?? []);
  clock.advance(30_000);
  const startedAt = clock.now();
  const names = new Map<string, string>();
  const leftOut: Record<string, number> = {};
  const mismatches: Mismatch[] = [];
  let equal = 0;
  for (const [index, exchange] of transcript.exchanges.entries()) {
    clock.advance(Math.max(0, startedAt + exchange.t - clock.now()));
    const reason = options.leftOut?.(exchange, index) ?? (exchange.user === 'admin' ? undefined : 'rights are not simulated');
    const answer = reason === undefined ? await send(api, clock, { exchange, names }) : undefined;
    if (answer === undefined || answer.status === 501) {
      const why = reason ?? textAt(answer?.body, 'message');
      leftOut[why] = (leftOut[why] ?? 0) + 1;
      continue;
    }
    learn(exchange.response.body, answer.body, names);
    const recorded = { status: exchange.response.status, body: comparable(exchange.response.body), warning: exchange.response.headers['warning'] };
    const replayed = { status: answer.status, body: comparable(answer.body), warning: answer.warning };
    if (isDeepStrictEqual(recorded, replayed)) equal += 1;
    else mismatches.push({ index, request: `${exchange.request.method} ${exchange.request.path}`, recorded, replayed });
  }
  cluster.close();
  return { equal, leftOut, mismatches };
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly warning: string | undefined;
}

async function send(api: KubernetesApi, clock: ManualClock, sent: { readonly exchange: Recorded; readonly names: ReadonlyMap<string, string> }): Promise<Answer> {
  const { request } = sent.exchange;
  const translated = (text: string): string => translate(text, sent.names);
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(request.query)) for (const each of [value].flat()) query.append(key, translated(each));
  const body = request.body === undefined ? '' : translated(typeof request.body === 'string' ? request.body : JSON.stringify(request.body));
  const pending = api.handle({ method: request.method, path: translated(request.path), query, headers: request.headers, body }, new AbortController().signal);
  clock.advance(query.get('resourceVersion') === '99999999' ? 3_000 : 0);
  const response = await pending;
  if (!('body' in response)) throw new Error('a stream where an answer was expected');
  return { status: response.status, body: parsed(response.body), warning: response.headers['warning'] };
}

function parsed(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Recorded identifiers in a request become ours: uids and generated names anywhere, versions as whole strings. */
function translate(text: string, names: ReadonlyMap<string, string>): string {
  let translated = text;
  for (const [from, to] of names) {
    if (/^\d+$/.test(from)) translated = translated === from ? to : translated.replaceAll(`"resourceVersion":"${from}"`, `"resourceVersion":"${to}"`);
    else translated = translated.replaceAll(from, to);
  }
  return translated;
}

/** Walks a recorded and a replayed answer side by side and notes which identifier stands for which. */
function learn(recorded: unknown, replayed: unknown, names: Map<string, string>): void {
  if (Array.isArray(recorded) && Array.isArray(replayed)) recorded.forEach((item, index) => learn(item, replayed[index], names));
  if (!isPlainObject(recorded) || !isPlainObject(replayed)) return;
  for (const [key, value] of Object.entries(recorded)) {
    const ours = replayed[key];
    const isIdentifier = ['uid', 'resourceVersion', 'continue', 'name', 'currentRevision', 'updateRevision'].includes(key);
    if (isIdentifier && typeof value === 'string' && typeof ours === 'string' && value !== ours && !names.has(value)) names.set(value, ours);
    else learn(value, ours, names);
  }
}

/** Objects a recording shows without having created them, and every namespace it uses. */
function seed(cluster: ServedCluster, transcript: Transcript, explicit: readonly unknown[]): void {
  const created = new Set<string>();
  const add = (object: KubernetesObject): void => {
    const key = `${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    if (created.has(key) || cluster.get(object.kind, object.metadata.namespace ?? '', object.metadata.name) !== undefined) return;
    created.add(key);
    cluster.create(bare(object));
  };
  for (const exchange of transcript.exchanges) {
    const [, namespace] = /\/namespaces\/(t\d+[^/]*)/.exec(exchange.request.path) ?? [];
    if (namespace !== undefined) cluster.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-root-ca.crt', namespace }, data: { 'ca.crt': 'PEM' } });
    if (namespace !== undefined) break;
  }
  for (const object of explicit) add(object as KubernetesObject);
  for (const exchange of transcript.exchanges) {
    const { method, path, body } = exchange.request;
    if (method === 'POST' && isPlainObject(body) && !path.endsWith('/eviction')) {
      const [, namespace = ''] = /\/namespaces\/([^/]+)\//.exec(path) ?? [];
      created.add(`${textAt(body, 'kind')}/${namespace}/${textAt(body, 'metadata', 'name')}`);
      continue;
    }
    for (const object of objectsIn(exchange)) add(object);
  }
}

function objectsIn(exchange: Recorded): readonly KubernetesObject[] {
  const { body, status } = exchange.response;
  if (status !== 200 || !isPlainObject(body)) return [];
  const kind = textAt(body, 'kind');
  const itemKind = kind.endsWith('List') ? kind.slice(0, -'List'.length) : kind;
  const resource = resources.find((candidate) => candidate.kind === itemKind && !['Event', 'Namespace', 'ControllerRevision', 'ReplicaSet'].includes(candidate.kind));
  if (resource === undefined) return [];
  const items = kind.endsWith('List') ? listAt(body, 'items') : [body];
  return items
    .map((item) => ({ ...item, apiVersion: resource.group === '' ? 'v1' : `${resource.group}/${resource.version}`, kind: itemKind }) as unknown as KubernetesObject)
    .filter((object) => object.metadata?.name !== undefined && object.metadata.ownerReferences === undefined);
}

/** The object as its maker wrote it: without what server, controllers and kubelet added. */
function bare(object: KubernetesObject): KubernetesObject {
  const { status: _, ...rest } = object;
  const { name, namespace, labels, annotations } = object.metadata;
  const own = Object.fromEntries(Object.entries(annotations ?? {}).filter(([key]) => !key.startsWith('deployment.kubernetes.io/')));
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }), ...(labels === undefined ? {} : { labels }), ...(Object.keys(own).length === 0 ? {} : { annotations: own }) };
  if (object.kind !== 'Pod') return { ...rest, metadata } as KubernetesObject;
  const { nodeName: __, volumes: ___, ...spec } = object['spec'] as Record<string, unknown>;
  const containers = listAt(object, 'spec', 'containers').map(({ volumeMounts: ____, ...container }) => container);
  return { ...rest, metadata, spec: { ...spec, containers } } as KubernetesObject;
}
