import { isDeepStrictEqual } from 'node:util';
import { ManualClock } from '../../../src/sandbox/clock.ts';
import { createKubernetesApi } from '../../../src/sandbox/kubernetes/api.ts';
import type { KubernetesApi } from '../../../src/sandbox/kubernetes/api.ts';
import { createCluster } from '../../../src/sandbox/kubernetes/cluster.ts';
import type { PodOutcome, ServedCluster } from '../../../src/sandbox/kubernetes/cluster.ts';
import type { KubernetesObject } from '../../../src/sandbox/kubernetes/object.ts';
import { isPlainObject, listAt, textAt } from '../../../src/sandbox/kubernetes/plain.ts';
import { roleBasedAccess } from '../../../src/sandbox/kubernetes/access/access.ts';
import { tokenOfAccount } from '../../../src/sandbox/kubernetes/access/account-token.ts';
import { wantedBy } from '../../../src/sandbox/kubernetes/access/wanted.ts';
import type { User } from '../../../src/sandbox/kubernetes/access/user.ts';
import { comparable } from './comparable.ts';
import { seed } from './seed.ts';
import type { Seeds } from './seed.ts';
import type { Recorded, RecordedWatch, Transcript } from './transcript.ts';

export interface Mismatch {
  readonly index: number;
  readonly request: string;
  readonly recorded: unknown;
  readonly replayed: unknown;
}

/** One recorded watch beside what the sandbox sent for it. */
export interface WatchOutcome {
  readonly name: string;
  readonly recorded: readonly unknown[];
  readonly replayed: readonly unknown[];
}

export interface Outcome {
  readonly watches: readonly WatchOutcome[];
  readonly equal: number;
  /** How many exchanges were left out, by reason. */
  readonly leftOut: Readonly<Record<string, number>>;
  readonly mismatches: readonly Mismatch[];
  /** `verb resource` of what was answered as recorded. */
  readonly proven: ReadonlySet<string>;
}

export interface ReplayOptions extends Seeds {
  /** The recording's nodes. */
  readonly nodes?: readonly string[];
  /** What happened to the seeded objects before the recording began. */
  readonly arrange?: (cluster: ServedCluster) => void;
  /** What happened between the recorded exchanges (also: how much sooner controllers reacted), by the index of the one that follows. */
  readonly before?: Readonly<Record<number, (cluster: ServedCluster, clock: ManualClock, names: Map<string, string>) => void>>;
  /** Status and revision depend on how fast the recording's controllers were: compare the rest. */
  readonly isStatusLeftOut?: boolean;
  /** Names of the recorded watches to open as well. */
  readonly watches?: readonly string[];
  /** Exchanges that cannot be replayed, with the reason to count them under. */
  readonly leftOut?: (exchange: Recorded, index: number) => string | undefined;
}

/** Sends a recording's requests to a fresh sandbox, at the recorded times, and compares the answers. */
export async function replay(transcript: Transcript, options: ReplayOptions = {}): Promise<Outcome> {
  const clock = new ManualClock(Date.UTC(2026, 10, 21, 9, 30));
  let next = 0;
  const ids = (): string => `00000000-0000-4000-8000-${String((next += 1)).padStart(12, '0')}`;
  const cluster = createCluster({
    clock,
    ids,
    podStartMs: 600,
    podOutcome,
    ...(options.nodes === undefined ? {} : { nodes: options.nodes }),
  });
  const api = createKubernetesApi(cluster, { access: roleBasedAccess(cluster, tokens) });
  seed(cluster, transcript, options);
  clock.advance(30_000);
  options.arrange?.(cluster);
  clock.advance(30_000);
  const startedAt = clock.now();
  const names = new Map<string, string>();
  const body = (value: unknown): unknown => comparable(options.isStatusLeftOut === true ? withoutStatus(value) : value);
  const leftOut: Record<string, number> = {};
  const mismatches: Mismatch[] = [];
  const proven = new Set<string>();
  let equal = 0;
  const watches = (transcript.watch ?? [])
    .filter((watch) => options.watches?.includes(watch.name) === true)
    .map((watch) => ({ watch, lines: [] as string[] }));
  for (const { watch, lines } of watches) {
    const hangUp = new AbortController();
    clock.schedule(watch.t, () => void collect(api, { watch, names, lines, signal: hangUp.signal }));
    if (watch.ended.by === 'client') clock.schedule(watch.ended.t, () => hangUp.abort());
  }
  for (const [index, exchange] of transcript.exchanges.entries()) {
    clock.advance(Math.max(0, startedAt + exchange.t - clock.now()));
    options.before?.[index]?.(cluster, clock, names);
    const reason = options.leftOut?.(exchange, index);
    const answer = reason === undefined ? await send(api, clock, { exchange, names }) : undefined;
    if (answer === undefined || answer.status === 501) {
      const why = reason ?? textAt(answer?.body, 'message');
      leftOut[why] = (leftOut[why] ?? 0) + 1;
      continue;
    }
    learn(exchange.response.body, answer.body, names);
    const recorded = {
      status: exchange.response.status,
      body: body(exchange.response.body),
      warning: exchange.response.headers['warning'],
    };
    const replayed = { status: answer.status, body: body(answer.body), warning: answer.warning };
    if (isDeepStrictEqual(recorded, replayed)) {
      equal += 1;
      proven.add(routeOf(exchange));
    } else mismatches.push({ index, request: `${exchange.request.method} ${exchange.request.path}`, recorded, replayed });
  }
  clock.advance(10_000);
  await new Promise((resolve) => setImmediate(resolve));
  cluster.close();
  for (const { watch } of watches) proven.add(routeOf({ request: { ...watch.request, query: { watch: '1' } } }));
  return { equal, leftOut, mismatches, proven, watches: watches.map(watchOutcome) };
}

/** The users of the recordings; each name is its own token. */
const tokens: ReadonlyMap<string, User> = new Map([
  ['admin', { name: 'admin', groups: ['system:masters'] }],
  ['dev', { name: 'dev', uid: 'u-dev', groups: ['devs'] }],
]);

function tokenOf(user: string): Readonly<Record<string, string>> {
  if (user === 'none') return {};
  const [, account] = /^sa (\w+)$/.exec(user) ?? [];
  return { authorization: `Bearer ${account === undefined ? user : tokenOfAccount('t15', account)}` };
}

/** As the recordings' kubelet was told by annotations. */
function podOutcome(pod: KubernetesObject): PodOutcome {
  const images = listAt(pod, 'spec', 'containers').map((container) => textAt(container, 'image'));
  if (images.some((image) => /bad|missing|does-not-exist/.test(image))) return 'image-missing';
  const behavior = pod.metadata.annotations?.['simulated-kubelet/behavior'];
  return behavior === 'fail' ? 'crash' : behavior === 'run' ? 'runs-on' : 'ready';
}

/** The verb and resource of a request, as roles name them. */
function routeOf({ request }: Pick<Recorded, 'request'>): string {
  const { method, path, query } = request;
  const wanted = wantedBy({ method, path, query: new URLSearchParams({ watch: String(query['watch'] ?? '') }), headers: {}, body: '' });
  return wanted === undefined ? `${method} ${path}` : `${wanted.verb} ${wanted.resource}${wanted.group === '' ? '' : `.${wanted.group}`}`;
}

async function collect(
  api: KubernetesApi,
  watched: {
    readonly watch: RecordedWatch;
    readonly names: ReadonlyMap<string, string>;
    readonly lines: string[];
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { method, path, query, headers } = watched.watch.request;
  const parameters = Object.entries(query).map(([key, value]): [string, string] => [key, translate(String(value), watched.names)]);
  const response = await api.handle(
    { method, path, query: new URLSearchParams(parameters), headers: { ...headers, ...tokenOf('admin') }, body: '' },
    watched.signal,
  );
  if ('body' in response) watched.lines.push(response.body);
  else if ('stream' in response) for await (const line of response.stream) watched.lines.push(line);
}

/** Bookmarks come by the clock and are compared by whether there are any. */
function watchOutcome({ watch, lines }: { readonly watch: RecordedWatch; readonly lines: readonly string[] }): WatchOutcome {
  const simple = (events: readonly { readonly type: string; readonly object: unknown }[]): readonly unknown[] => [
    ...events.filter(({ type }) => type !== 'BOOKMARK').map(({ type, object }) => ({ type, object: comparable(object) })),
    ...(events.some(({ type }) => type === 'BOOKMARK') ? ['bookmarks'] : []),
  ];
  return {
    name: watch.name,
    recorded: simple(watch.events),
    replayed: simple(lines.map((line) => JSON.parse(line) as { type: string; object: unknown })),
  };
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly warning: string | undefined;
}

async function send(
  api: KubernetesApi,
  clock: ManualClock,
  sent: { readonly exchange: Recorded; readonly names: ReadonlyMap<string, string> },
): Promise<Answer> {
  const { request } = sent.exchange;
  const translated = (text: string): string => translate(text, sent.names);
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(request.query)) for (const each of [value].flat()) query.append(key, translated(each));
  const body = request.body === undefined ? '' : translated(typeof request.body === 'string' ? request.body : JSON.stringify(request.body));
  const pending = api.handle(
    {
      method: request.method,
      path: translated(request.path),
      query,
      headers: { ...request.headers, ...tokenOf(sent.exchange.user) },
      body,
    },
    new AbortController().signal,
  );
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
  // A pod's name begins with its ReplicaSet's.
  for (const [from, to] of [...names].toSorted(([a], [b]) => b.length - a.length)) {
    if (/^\d+$/.test(from)) translated = translated === from ? to : translated.replaceAll(`"${from}"`, `"${to}"`);
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
    const isGenerated = key === 'name' && ('generateName' in recorded || /-[bcdf-hj-np-tv-xz2456789]{8,10}(-|$)/.test(String(value)));
    const isIdentifier = isGenerated || ['uid', 'resourceVersion', 'continue', 'currentRevision', 'updateRevision'].includes(key);
    if (isIdentifier && typeof value === 'string' && typeof ours === 'string' && value !== ours && !names.has(value))
      names.set(value, ours);
    else learn(value, ours, names);
  }
}

function withoutStatus(value: unknown): unknown {
  if (!isPlainObject(value) || !isPlainObject(value['metadata']) || !('generation' in value['metadata'])) return value;
  const { annotations, ...metadata } = value['metadata'];
  const { status: _, ...rest } = value;
  const { 'deployment.kubernetes.io/revision': __, ...own } = isPlainObject(annotations) ? annotations : {};
  return { ...rest, metadata: { ...metadata, annotations: own } };
}
