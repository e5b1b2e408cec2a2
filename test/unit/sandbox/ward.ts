import { ManualClock } from '../../../src/sandbox/clock.ts';
import type { KubernetesObject } from '../../../src/sandbox/kubernetes/object.ts';
import { createSandbox, type Sandbox } from '../../../src/sandbox/sandbox.ts';

const guardrails = 'guardrails-platform';
const research = 'llm-research';

export interface Delivered {
  readonly platform: string;
  readonly body: { readonly status: string; readonly alerts: readonly Readonly<Record<string, unknown>>[] } & Readonly<
    Record<string, unknown>
  >;
}

/** A sandbox on a clock of its own, its pods started unless told otherwise, and what people do to it. */
export class Ward {
  readonly clock = new ManualClock();
  readonly delivered: Delivered[] = [];
  readonly sandbox: Sandbox;
  /** Real time, which has nothing to do with the sandbox's. */
  wall = Date.UTC(2030, 0, 1);

  /** With all platforms, or those that are named alone. */
  constructor({ startedSeconds = 30, platforms }: { startedSeconds?: number; platforms?: readonly string[] } = {}) {
    this.sandbox = createSandbox({
      speed: 10,
      ...(platforms === undefined ? {} : { platforms }),
      clock: this.clock,
      wallNow: () => this.wall,
      deliver: async (platform, body) => void this.delivered.push({ platform, body: body as Delivered['body'] }),
    });
    this.clock.advance(startedSeconds * 1000);
  }

  /** Sandbox time, with everything that falls due on the way. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      this.clock.advance(1000);
      await Promise.resolve();
    }
  }

  /** `call` is the method and the target: `GET /metrics`. */
  async ask(listener: string, call: string, body = ''): Promise<{ status: number; body: string; json: () => unknown }> {
    const [method = '', target = ''] = call.split(' ');
    const url = new URL(target, 'http://sandbox');
    const request = { method, path: url.pathname, query: url.searchParams, headers: {}, body };
    const { services, ...own } = this.sandbox.handlers;
    const handle = { ...services, ...own }[listener];
    if (handle === undefined) throw new Error(`nothing is called ${listener}`);
    const response = await handle(request, new AbortController().signal);
    const text = 'body' in response ? response.body : '';
    return { status: response.status, body: text, json: () => JSON.parse(text) as unknown };
  }

  /** The values of an instant query. */
  async query(selector: string): Promise<number[]> {
    const answer = await this.ask('prometheus', `GET /api/v1/query?query=${encodeURIComponent(selector)}`);
    const { data } = answer.json() as { data: { result: readonly { value: readonly [number, string] }[] } };
    return data.result.map(({ value }) => Number(value[1]));
  }

  async isUnwell(platform: string): Promise<boolean> {
    const { patients } = (await this.ask('control', 'GET /patients')).json() as {
      patients: readonly { platform: string; isUnwell: boolean }[];
    };
    return patients.some((patient) => patient.platform === platform && patient.isUnwell);
  }

  scale(name: string, replicas: number): void {
    this.#change({ kind: 'Deployment', namespace: guardrails, name }, (live) => ({
      ...live,
      spec: { ...(live['spec'] as object), replicas },
    }));
  }

  restart(name: string, kind = 'Deployment', namespace = guardrails): void {
    this.#change({ kind, namespace, name }, (live) => {
      const spec = live['spec'] as { readonly template: { readonly metadata: object } };
      const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date(this.clock.now()).toISOString() };
      return { ...live, spec: { ...spec, template: { ...spec.template, metadata: { ...spec.template.metadata, annotations } } } };
    });
  }

  /** A command in a pod of the guardrails platform, as the API runs it; answers its status. */
  async exec(pod: string, ...argv: readonly string[]): Promise<number> {
    const response = await this.sandbox.handlers.kubernetes(
      {
        method: 'GET',
        path: `/api/v1/namespaces/${guardrails}/pods/${pod}/exec`,
        query: new URLSearchParams(argv.map((word): [string, string] => ['command', word])),
        headers: { 'upgrade': 'websocket', 'sec-websocket-protocol': 'v5.channel.k8s.io' },
        body: '',
      },
      new AbortController().signal,
    );
    return response.status;
  }

  /** The Job of a CronJob of the guardrails platform, run by hand. */
  runJob(cronJob: string): void {
    const found = this.sandbox.cluster.get('CronJob', guardrails, cronJob);
    const { spec } = (found?.['spec'] as { readonly jobTemplate: { readonly spec: object } } | undefined)?.jobTemplate ?? {};
    if (found === undefined || spec === undefined) throw new Error(`no CronJob ${cronJob}`);
    const { name, uid = '' } = found.metadata;
    const metadata = {
      namespace: guardrails,
      name: `${name}-${this.clock.now()}`,
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name, uid, controller: true }],
    };
    this.sandbox.cluster.create({ apiVersion: 'batch/v1', kind: 'Job', metadata, spec });
  }

  restartResearch(): void {
    this.restart('llm-research-api', 'Deployment', research);
  }

  setPool(size: number): void {
    this.#change({ kind: 'ConfigMap', namespace: research, name: 'llm-research-config' }, (live) => ({
      ...live,
      data: { ...(live['data'] as object), CONNECTION_POOL_SIZE: String(size) },
    }));
  }

  setResearchImage(image: string): void {
    this.#change({ kind: 'Deployment', namespace: research, name: 'llm-research-api' }, (live) => {
      const spec = live['spec'] as { readonly template: { readonly spec: { readonly containers: readonly object[] } } };
      const containers = spec.template.spec.containers.map((container) => ({ ...container, image }));
      return { ...live, spec: { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, containers } } } };
    });
  }

  replicas(name: string): number {
    const found = this.sandbox.cluster.get('Deployment', guardrails, name);
    return (found?.['spec'] as { readonly replicas: number } | undefined)?.replicas ?? NaN;
  }

  async closeBreaker(model: string): Promise<number> {
    return (await this.ask('guardrail-server', `POST /debug/circuit-breakers/${model}/close`)).status;
  }

  #change(place: { kind: string; namespace: string; name: string }, change: (live: KubernetesObject) => KubernetesObject): void {
    const found = this.sandbox.cluster.get(place.kind, place.namespace, place.name);
    if (found === undefined) throw new Error(`no ${place.kind} ${place.name}`);
    this.sandbox.cluster.update(found, change);
  }
}
