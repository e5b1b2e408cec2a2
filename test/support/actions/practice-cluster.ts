import { answerError } from '../../../src/adapters/kubernetes/api-error.ts';
import type { ApiRequest, ClusterApi } from '../../../src/adapters/kubernetes/connection.ts';
import { createKubernetesReader } from '../../../src/adapters/kubernetes/reader.ts';
import { createKubernetesWriter } from '../../../src/adapters/kubernetes/writer.ts';
import type { PlanContext, WriteContext } from '../../../src/actions/action.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { DeclaredCommand } from '../../../src/ports/kubernetes.ts';
import { ManualClock } from '../../../src/sandbox/clock.ts';
import { roleBasedAccess } from '../../../src/sandbox/kubernetes/access/access.ts';
import { createKubernetesApi } from '../../../src/sandbox/kubernetes/api.ts';
import { createCluster, type ClusterOptions, type ServedCluster } from '../../../src/sandbox/kubernetes/cluster.ts';
import type { KubernetesObject } from '../../../src/sandbox/kubernetes/object.ts';
import { contextOf } from './world.ts';

export interface PracticeOptions extends Partial<ClusterOptions> {
  readonly commands?: ReadonlyMap<string, DeclaredCommand>;
  readonly protectedNamespaces?: readonly string[];
  /** A bearer token, with which rights are those of roles and bindings. */
  readonly token?: string;
}

/** The sandbox's cluster behind the real reader and writer, in this process and on a clock that only waiting moves. */
export class PracticeCluster {
  readonly cluster: ServedCluster;
  readonly clock: ManualClock = new ManualClock();
  readonly context: WriteContext & PlanContext;
  /** `METHOD path` of every request. */
  readonly requests: string[] = [];
  /** Those that were answered with 403. */
  readonly forbidden: string[] = [];
  /** The nth request from now on kills the caller: before it is sent, or after it was done but before the answer. */
  crash: { readonly request: number; readonly when: 'before' | 'after' } | undefined;
  /** Called before each request that may change something. */
  beforeChange: ((request: string) => void) | undefined;
  permit: () => Promise<void> = () => Promise.resolve();

  constructor({ commands = new Map(), protectedNamespaces = [], token, ...options }: PracticeOptions = {}) {
    let next = 0;
    const ids = (): string => `00000000-0000-4000-8000-${String((next += 1)).padStart(12, '0')}`;
    this.cluster = createCluster({ clock: this.clock, ids, ...options });
    const access = token === undefined ? {} : { access: roleBasedAccess(this.cluster, new Map()) };
    const api = createKubernetesApi(this.cluster, access);
    const sendForText = async ({ method, path, query = {}, contentType = 'application/json', body = '' }: ApiRequest): Promise<string> => {
      const isChange = method !== 'GET' && !path.endsWith('reviews') && !path.endsWith('/events');
      const number = this.requests.push(`${method} ${path}`);
      const dies = this.crash?.request === number ? this.crash.when : undefined;
      if (dies === 'before') throw new Error('killed');
      if (isChange) this.beforeChange?.(`${method} ${path}`);
      const headers = { 'content-type': contentType, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
      const asked = { method, path, query: new URLSearchParams(query), headers, body };
      const answer = await api.handle(asked, new AbortController().signal);
      const text = 'body' in answer ? answer.body : '';
      if (dies === 'after') throw new Error('killed');
      if (answer.status === 403) this.forbidden.push(`${method} ${path}`);
      if (answer.status < 300) return text;
      throw answerError({ status: answer.status, body: text, doing: `${method} ${path}` });
    };
    const connection: ClusterApi = {
      sendForText,
      send: async (request) => JSON.parse(await sendForText(request)) as unknown,
      openSocket: () => Promise.reject(new Error('no sockets in this process')),
    };
    const clusters = new Map([['default', connection]]);
    const events = { clock: this.#port(), log: { debug() {}, info() {}, warn() {}, error() {} } };
    const kubernetes = {
      ...createKubernetesReader(clusters, { commands, protectedNamespaces }),
      ...createKubernetesWriter(clusters, () => this.permit(), events),
    };
    this.context = { ...contextOf({ kubernetes }), clock: this.#port() };
  }

  /** Seeds an object and lets the controllers come to rest. */
  add(...objects: readonly unknown[]): void {
    for (const object of objects) this.cluster.create(object as KubernetesObject);
    this.rest();
  }

  rest(ms = 10_000): void {
    this.clock.advance(ms);
  }

  pods(namespace?: string): readonly KubernetesObject[] {
    return this.cluster.list('Pod', namespace);
  }

  /** Kills the caller at its nth request from now. */
  killAt(request: number, when: 'before' | 'after'): void {
    this.crash = { request: this.requests.length + request, when };
  }

  count(pattern: RegExp): number {
    return this.requests.filter((request) => pattern.test(request)).length;
  }

  #port(): Clock {
    const unused = (): never => {
      throw new Error('an action sets no timers');
    };
    return {
      now: () => this.clock.now(),
      sleep: (ms, signal) => {
        signal?.throwIfAborted();
        this.clock.advance(ms);
        return Promise.resolve();
      },
      every: unused,
      after: unused,
    };
  }
}
