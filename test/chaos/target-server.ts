import type { IncomingMessage, ServerResponse } from 'node:http';
import { parseMatchers } from '../../src/alert/matcher.ts';
import { StatusError, statusOf } from '../../src/sandbox/kubernetes/status-error.ts';
import { grouped, listedAlert } from '../support/alertmanager-answers.ts';
import { listening, type Listening } from '../support/listening.ts';
import { namespace } from './deployment.ts';
import type { Sender, World } from './world.ts';

/** Header in which the harness's adapters say for whom they send. */
export const senderHeader = 'x-chaos-sender';

const deploymentPath = new RegExp(`^/apis/apps/v1/namespaces/${namespace}/deployments/([a-z0-9-]+)(/scale)?$`);
const bellPath = /^\/bells\/([a-z0-9-]+)$/;

/** Serves the world as what the engine asks: a Kubernetes API, bells, an Alertmanager, a Prometheus. */
export async function serveWorld(world: World): Promise<Listening> {
  return await listening((request, response) => {
    void answer(world, request, response).catch((error: unknown) => {
      if (!response.headersSent) send(response, 500, { message: String(error) });
    });
  });
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
  const filters = url.searchParams.getAll('filter');
  if (url.pathname === '/api/v2/alerts') return answerAlerts(world, { filters, isGrouped: false }, response);
  if (url.pathname === '/api/v2/alerts/groups') return answerAlerts(world, { filters, isGrouped: true }, response);
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

interface AlertQuery {
  readonly filters: readonly string[];
  readonly isGrouped: boolean;
}

function answerAlerts(world: World, { filters, isGrouped }: AlertQuery, response: ServerResponse): void {
  const matchers = filters.flatMap((filter) => parseMatchers(filter));
  const found = world.ill().filter(({ labels }) => matchers.every((matcher) => matcher.matches(labels)));
  if (filters.length > 0 && found.some(({ isBlind }) => isBlind)) return send(response, 500, { message: 'out of order' });
  const listed = found.map((episode) => listedAlert({ ...episode, startsAt: new Date(episode.startsAt).toISOString() }));
  send(response, 200, isGrouped ? grouped(listed) : listed);
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
