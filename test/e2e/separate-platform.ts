import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild } from '../support/child-process.ts';
import { startFixpoint } from '../support/fixpoint.ts';
import { freePort } from '../support/free-port.ts';
import { startRedis } from '../support/redis.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitUntil } from '../support/wait-until.ts';
import { ApiClient, webhookBody, type RunView } from './api-client.ts';
import type { SandboxAddresses } from '../../src/sandbox/sandbox-addresses.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const namespace = 'default';

/** A fault of the sandbox's Kubernetes API; `pattern` is an expression on `METHOD path`. */
export interface ApiFault {
  readonly pattern: string;
  readonly status?: number;
  readonly never?: true;
  readonly cut?: true;
  readonly isApplied?: boolean;
  readonly times?: number;
  /** A request that has to come first. */
  readonly after?: string;
}

interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: string;
}

export interface IncidentView {
  readonly id: string;
  readonly rule: string;
  readonly subject: string;
  readonly state: string;
}

/** How many replicas every test deployment starts with, and how many the rule `scale-up` gives it. */
export const replicas = { before: 1, after: 6 };

/**
 * The service as it runs in earnest, without its own sandbox: a Redis, and a simulated cluster in a process of its own that
 * outlives it. `reconfigure` changes the configuration. An alert `TooSlow` with the label `deployment` scales that deployment; each test makes one of its own.
 */
export async function startSeparatePlatform({
  rules = '',
  remediation,
  isRedisUp = true,
  reconfigure = (text) => text,
  port: wantedPort,
  role = 'all',
}: {
  rules?: string;
  remediation?: string;
  isRedisUp?: boolean;
  reconfigure?: (text: string) => string;
  port?: number;
  role?: 'all' | 'api' | 'worker';
} = {}) {
  const folder = temporaryFolder();
  const redis = await startRedis({ persist: true });
  const sandbox = await startSandboxProcess();
  const { addresses } = sandbox;
  mkdirSync(join(folder.path, 'rules'));
  mkdirSync(join(folder.path, 'remediations'));
  writeFileSync(join(folder.path, 'rules', 'test.yaml'), `${scaleUp}${rules}`);
  writeFileSync(join(folder.path, 'remediations', 'scale.yaml'), scale);
  if (remediation !== undefined) writeFileSync(join(folder.path, 'remediations', 'more.yaml'), remediation);
  writeFileSync(join(folder.path, 'fixpoint.yaml'), reconfigure(configuration(addresses)));
  const port = wantedPort ?? (await freePort());
  const args = ['--role', role, '--redis', redis.url, '--config', join(folder.path, 'fixpoint.yaml')];
  const places = ['--rules', join(folder.path, 'rules'), '--remediations', join(folder.path, 'remediations')];
  if (!isRedisUp) await redis.halt();
  const starting = startFixpoint({ port, data: join(folder.path, 'data'), args: [...args, ...places] });
  // The one that waits for Redis is looked at before it is ready.
  starting.catch(() => undefined);
  if (isRedisUp) await starting;

  const api = new ApiClient(`http://127.0.0.1:${port}`);
  const control = controlOf(addresses);
  return {
    ...control,
    api,
    redis,
    port,
    folder: folder.path,
    /** The command line that starts a second service just like the one under test. */
    serveArgs: ['src/main.ts', 'serve', '--listen', `127.0.0.1:${port}`, '--data', join(folder.path, 'data'), ...args, ...places],
    service: () => starting,
    async alert(
      deployment: string,
      more: { alertname?: string; status?: string; startsAt?: string; endsAt?: string } = {},
    ): Promise<number> {
      const { alertname = 'TooSlow', ...rest } = more;
      return (await api.post('/api/v1/webhook', webhookBody([{ labels: { alertname, deployment }, ...rest }]))).status;
    },
    /** All runs about a deployment, in full. */
    async runsOn(deployment: string): Promise<readonly RunView[]> {
      const runs = await api.runs(`?subject=${encodeURIComponent(subjectOf(deployment))}`);
      return await Promise.all(runs.map(({ id }) => api.run(id)));
    },
    async stop(): Promise<void> {
      await (await starting.catch(() => undefined))?.stop();
      await sandbox.child.stop();
      await redis.stop();
      folder.remove();
    },
  };
}

export type SeparatePlatform = Awaited<ReturnType<typeof startSeparatePlatform>>;

export function subjectOf(deployment: string): string {
  return `kubernetes/default/${namespace}/deployment.apps/${deployment}`;
}

const collection = `/apis/apps/v1/namespaces/${namespace}/deployments`;

function controlOf({ controlUrl, kubernetesUrl }: SandboxAddresses) {
  async function send<T>(url: string, method = 'GET', body?: object): Promise<T> {
    const response = await fetch(url, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }
  const requests = async (query = ''): Promise<readonly LoggedRequest[]> =>
    (await send<{ requests: LoggedRequest[] }>(`${controlUrl}/requests${query}`)).requests;
  const pagesOn = async (subject: string) =>
    (await send<{ pages: { labels: Record<string, string> }[] }>(`${controlUrl}/pages`)).pages.filter(
      ({ labels }) => labels['subject'] === subject,
    );
  const read = async (name: string) => {
    const { metadata, spec } = await send<{ metadata: { generation: number }; spec: { replicas: number } }>(
      `${kubernetesUrl}${collection}/${name}`,
    );
    return { generation: metadata.generation, replicas: spec.replicas };
  };
  return {
    async makeDeployment(name: string): Promise<void> {
      await send(`${kubernetesUrl}${collection}`, 'POST', manifestOf(name));
    },
    readDeployment: read,
    fault: async (fault: ApiFault): Promise<void> => void (await send(`${controlUrl}/api-faults`, 'PUT', fault)),
    clearFaults: async (): Promise<void> => void (await send(`${controlUrl}/api-faults`, 'DELETE')),
    requests,
    /** The mutating requests about a deployment that were answered or never answered. */
    effectsOn: async (name: string) =>
      (await requests('?effects')).filter(({ method, path }) => method === 'PATCH' && path.includes(`/deployments/${name}/`)),
    pagesAbout: (name: string) => pagesOn(subjectOf(name)),
    pagesOn,
  };
}

export async function startSandboxProcess() {
  const child = startChild({ command: process.execPath, args: ['src/main.ts', 'sandbox', '--speed', '50', '--output', 'json'], cwd: root });
  const line = await waitUntil(() => (child.isRunning() ? /^\{.*\}$/m.exec(child.output())?.[0] : 'ended'), {
    timeoutMs: 20_000,
    describe: () => `the sandbox tells its addresses; it wrote:\n${child.output()}`,
  });
  if (line === 'ended') throw new Error(`the sandbox ended at once; it wrote:\n${child.output()}`);
  return { child, addresses: JSON.parse(line) as SandboxAddresses & { alertmanagerUrl: string } };
}

/** `receipt` needs no Alertmanager that knows the alert; `asked` has one, and it knows of none. */
function configuration({ kubernetesUrl, alertmanagerUrl, prometheusUrl }: SandboxAddresses & { alertmanagerUrl: string }): string {
  return `
# The stories bring more at once than a healthy platform would.
limits: { storm: { subjects: 100000, alerts: 100000 } }
sources:
  default: { evidence: receipt, prometheus: '${prometheusUrl}' }
  asked: { evidence: api, alertmanager: '${alertmanagerUrl}', prometheus: '${prometheusUrl}' }
clusters:
  default: { server: '${kubernetesUrl}' }
escalation:
  - alertmanager: { url: '${alertmanagerUrl}' }
`;
}

/** A rule that does what `scale-up` does, about `TooSlowForLong`, and verifies it for as long as told; `more`: another check. */
export function scaleUpForLong({ within, holdFor, more = '' }: { within: string; holdFor: string; more?: string }): string {
  return `
  - name: scale-up-for-long
    summary: As scale-up, watched for longer
    match: ['alertname="TooSlowForLong"', 'deployment!=""']
    mode: auto
    ladder:
      - remediation: scale
        with: { name: '\${labels.deployment}', replicas: { exactly: ${replicas.after} } }
    guards: { cooldown: 10m, rate: 1000/1h, attempts: 1 }
    verify:
      within: ${within}
      checks:
        ${more}
        - promql: { query: 'guardrail:request_latency_seconds:p99{platform="llm-guardrails"}', expect: value < 0.1, window: 1s, scrape: 1s, for: ${holdFor} }
`;
}

const scale = `
name: scale
summary: Set the replica count of a Deployment
params:
  name: { type: string, format: dns-subdomain }
  replicas: { $ref: replicas }
steps:
  - id: scale
    action: kubernetes.scale
    with: { kind: Deployment, namespace: ${namespace}, name: '\${params.name}', replicas: '\${params.replicas}' }
    timeout: 2s
`;

const scaleUp = `
rules:
  - name: scale-up
    summary: A deployment has too little to work with
    match: ['alertname="TooSlow"', 'deployment!=""']
    mode: auto
    ladder:
      - remediation: scale
        with: { name: '\${labels.deployment}', replicas: { exactly: ${replicas.after} } }
        timeout: 5s
    guards: { cooldown: 10m, rate: 1000/1h, attempts: 1, blastRadius: { targets: 1000 }, failureBudget: 1000/1d }
    flap: 1s
    verify:
      within: 20s
      checks:
        - rolloutComplete: {}
        - promql:
            query: 'guardrail:request_latency_seconds:p99{platform="llm-guardrails"}'
            expect: value < 0.1
            window: 1s
            scrape: 1s
            for: 2s
`;

function manifestOf(name: string): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas: replicas.before,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image: 'example/main:1' }] } },
    },
  };
}
