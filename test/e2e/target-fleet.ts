import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One mutating request as its target saw it. Times by the clock of this process, ms. */
export interface Hit {
  readonly target: number;
  readonly path: string;
  readonly beganAt: number;
  readonly endedAt: number;
}

export interface TargetFleet {
  readonly ports: readonly number[];
  /** What has arrived and been answered, and nothing else. */
  readonly hits: readonly Hit[];
  close(): Promise<void>;
}

/** How long a target takes for a change, ms: long enough for another to come in between. */
const workMs = 150;

/** So many HTTP services, each with a log of its own of what was done to it. */
export async function startTargetFleet(count: number): Promise<TargetFleet> {
  const hits: Hit[] = [];
  const servers = await Promise.all(
    Array.from({ length: count }, async (_none, target) => {
      const done = new Set<string>();
      return await listening((request, response) => {
        request.resume();
        const { url: path = '/' } = request;
        const answer = () => void response.setHeader('content-type', 'application/json').end(JSON.stringify({ done: done.has(path) }));
        if (request.method !== 'POST') return answer();
        const beganAt = performance.now();
        setTimeout(() => {
          done.add(path);
          hits.push({ target, path, beganAt, endedAt: performance.now() });
          answer();
        }, workMs);
      });
    }),
  );
  return {
    ports: servers.map(portOf),
    hits,
    close: async () => void (await Promise.all(servers.map(closed))),
  };
}

/** An Alertmanager where all these alerts fire, found by the labels it is asked for. */
export async function startFiringAlertmanager(
  alerts: readonly { readonly fingerprint: string; readonly labels: Readonly<Record<string, string>> }[],
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const byPod = new Map(alerts.map((alert) => [alert.labels['pod'], alert]));
  const server = await listening((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    const filters = searchParams.getAll('filter');
    const pod = filters.map((filter) => /^pod="(.*)"$/.exec(filter)?.[1]).find((name) => name !== undefined);
    const found = pod === undefined ? alerts : [byPod.get(pod)].filter((alert) => alert !== undefined);
    const listed = found.map(({ fingerprint, labels }) => ({
      fingerprint,
      labels,
      annotations: {},
      startsAt: '2026-01-01T00:00:00Z',
      receivers: [{ name: 'fixpoint' }],
      status: { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [] },
    }));
    const grouped = [{ labels: {}, receiver: { name: 'fixpoint' }, alerts: listed }];
    const answer = pathname.endsWith('/groups') ? grouped : listed;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  return { url: `http://127.0.0.1:${portOf(server)}`, close: () => closed(server) };
}

async function listening(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const server = createServer(handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
