import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseMatchers } from '../../src/alert/matcher.ts';
import { StatusError, statusOf } from '../../src/sandbox/kubernetes/status-error.ts';
import { namespace } from './deployment.ts';
import type { Sender, World } from './world.ts';

/** Header in which the harness's adapters say for whom they send. */
export const senderHeader = 'x-chaos-sender';

const deploymentPath = new RegExp(`^/apis/apps/v1/namespaces/${namespace}/deployments/([a-z0-9-]+)(/scale)?$`);
const bellPath = /^\/bells\/([a-z0-9-]+)$/;

/** Serves the world as what the engine asks: a Kubernetes API, bells, an Alertmanager, a Prometheus. */
export async function serveWorld(world: World): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    void answer(world, request, response).catch((error: unknown) => {
      if (!response.headersSent) send(response, 500, { message: String(error) });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the address of a TCP server has a port');
  return {
    port: address.port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://world');
  const body = await readBody(request);
  const place = deploymentPath.exec(url.pathname);
  const bell = bellPath.exec(url.pathname)?.[1];
  if (place !== null) return answerDeployment(world, { name: place[1] ?? '', isScale: place[2] !== undefined, body, request, response });
  if (bell !== undefined) {
    if (request.method === 'POST') world.ring(bell, senderOf(request));
    return send(response, 200, {});
  }
  if (url.pathname === '/api/v2/alerts' && request.method === 'POST') return takePage(world, body, response);
  if (url.pathname === '/api/v2/alerts') return answerAlerts(world, url.searchParams.getAll('filter'), response);
  if (url.pathname === '/api/v2/silences') return send(response, 200, []);
  if (url.pathname === '/api/v1/query') return answerQuery(world, new URLSearchParams(body).get('query') ?? '', response);
  if (url.pathname.endsWith('/horizontalpodautoscalers')) return send(response, 200, { items: [] });
  send(response, 404, {});
}

interface DeploymentCall {
  readonly name: string;
  readonly isScale: boolean;
  readonly body: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

function answerDeployment(world: World, { name, isScale, body, request, response }: DeploymentCall): void {
  const deployment = world.find(name);
  if (deployment === undefined) return send(response, 404, { kind: 'Status', reason: 'NotFound', message: `${name} not found` });
  if (request.method === 'PATCH') {
    const sender = senderOf(request);
    try {
      const part = isScale ? 'scale' : 'whole';
      world.patch(name, { part, body: JSON.parse(body), ...(sender === undefined ? {} : { sender }) });
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return send(response, error.failure.code, statusOf(error.failure));
    }
  }
  send(response, 200, isScale ? deployment.scale() : deployment.whole());
  if (request.method === 'GET') world.onRead(name);
}

function answerAlerts(world: World, filters: readonly string[], response: ServerResponse): void {
  const matchers = filters.flatMap((filter) => parseMatchers(filter));
  const found = world.ill().filter(({ labels }) => matchers.every((matcher) => matcher.matches(labels)));
  if (filters.length > 0 && found.some(({ isBlind }) => isBlind)) return send(response, 500, { message: 'out of order' });
  const shown = found.map(({ fingerprint, labels, startsAt }) => ({
    fingerprint,
    labels,
    annotations: {},
    startsAt: new Date(startsAt).toISOString(),
    status: { state: 'active', silencedBy: [], inhibitedBy: [] },
  }));
  send(response, 200, shown);
}

function takePage(world: World, body: string, response: ServerResponse): void {
  for (const { labels } of JSON.parse(body) as { labels: Record<string, string> }[]) {
    world.pages.push({ at: Date.now(), incident: labels['incident'] ?? '' });
  }
  send(response, 200, {});
}

/** `chaos_ill{target="…",alertname="…"}`: 1 while the target is ill, else 0. Functions there are none. */
function answerQuery(world: World, query: string, response: ServerResponse): void {
  const labels = /^chaos_ill\{target="([a-z0-9-]+)",alertname="(\w+)"\}$/.exec(query);
  if (labels === null) return send(response, 501, { status: 'error', error: 'not implemented' });
  const [, target = '', alertname = ''] = labels;
  const value = [Date.now() / 1000, world.isIll(target, alertname) ? '1' : '0'];
  send(response, 200, { status: 'success', data: { resultType: 'vector', result: [{ metric: { target, alertname }, value }] } });
}

function senderOf(request: IncomingMessage): Sender | undefined {
  const header = request.headers[senderHeader];
  return typeof header === 'string' ? (JSON.parse(header) as Sender) : undefined;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
