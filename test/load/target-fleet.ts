import { grouped, listedAlert } from '../support/alertmanager-answers.ts';
import { listening, type Listening } from '../support/listening.ts';

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
    ports: servers.map(({ port }) => port),
    hits,
    close: async () => void (await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()))),
  };
}

/** An Alertmanager where all these alerts fire, found by the labels it is asked for. */
export async function startFiringAlertmanager(
  alerts: readonly { readonly fingerprint: string; readonly labels: Readonly<Record<string, string>> }[],
): Promise<Listening> {
  const byPod = new Map(alerts.map((alert) => [alert.labels['pod'], alert]));
  return await listening((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    const filters = searchParams.getAll('filter');
    const pod = filters.map((filter) => /^pod="(.*)"$/.exec(filter)?.[1]).find((name) => name !== undefined);
    const found = pod === undefined ? alerts : [byPod.get(pod)].filter((alert) => alert !== undefined);
    const listed = found.map((alert) => listedAlert({ ...alert, startsAt: '2026-01-01T00:00:00Z' }));
    const answer = pathname.endsWith('/groups') ? grouped(listed) : listed;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
}
