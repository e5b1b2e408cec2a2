import { readFileSync } from 'node:fs';
import { manualClock, type ManualClock } from '../../../src/adapters/clock/manual-clock.ts';
import { countedIds } from '../../../src/adapters/clock/counted-ids.ts';
import { memoryLedger } from '../../../src/adapters/memory/memory-ledger.ts';
import { memoryStore } from '../../../src/adapters/memory/memory-store.ts';
import { createLog } from '../../../src/adapters/telemetry/log.ts';
import { createMetrics, type TelemetryMetrics } from '../../../src/adapters/telemetry/metrics.ts';
import type { AccessToken } from '../../../src/api/access.ts';
import type { Credential } from '../../../src/api/credential.ts';
import type { ApiDependencies } from '../../../src/api/dependencies.ts';
import { buildServer } from '../../../src/api/server.ts';
import type { ReplayRequest } from '../../../src/pipeline/replay.ts';
import type { Notification } from '../../../src/pipeline/notification.ts';
import type { Message } from '../../../src/ports/queue.ts';
import type { Store } from '../../../src/ports/store.ts';
import { emptyRulebook } from '../../../src/rule/rulebook.ts';
import { isTerminal, phases, type Phase } from '../../../src/run/phase.ts';
import { runVersion, type Run } from '../../../src/run/run.ts';
import { mayGo } from '../../../src/run/transition.ts';
import { Secret } from '../../../src/value/secret.ts';

type Server = ReturnType<typeof buildServer>;

/** A server on stores in memory; what was added, done and logged can be looked at. */
export interface Api {
  readonly server: Server;
  readonly store: Store;
  readonly clock: ManualClock;
  readonly metrics: TelemetryMetrics;
  readonly added: Message<Notification>[];
  readonly acts: { kind: string; run: string; by: string; reason: string }[];
  readonly replays: ReplayRequest[];
  readonly explained: string[];
  readonly logged: string[];
}

const started: Server[] = [];

export function buildApi(changes: Partial<ApiDependencies> = {}): Api {
  const clock = manualClock();
  const store = memoryStore({ clock, law: { version: runVersion, phases, isTerminal, mayGo } });
  const metrics = createMetrics({
    version: '0.1.0',
    rules: () => ['r1', 'r2'],
    read: { store, ledger: memoryLedger(() => clock.now()), queues: {}, ready: async () => ({ ready: true }) },
    clock,
  });
  const seen = {
    added: [] as Message<Notification>[],
    acts: [] as Api['acts'],
    replays: [] as ReplayRequest[],
    explained: [] as string[],
    logged: [] as string[],
  };
  const server = buildServer({
    isLoopback: true,
    access: { tokens: [] },
    sources: [],
    store,
    intake: { add: async (message) => void seen.added.push(message) },
    operations: {
      act: async (kind, run, wish) => void seen.acts.push({ kind, run, ...wish }),
      pauseLifted: async () => undefined,
      async undo(run, wish) {
        seen.acts.push({ kind: 'undo', run, ...wish });
        return `${run}-undo-by-hand-1`;
      },
      async replay(request) {
        seen.replays.push(request);
        return { notification: 'n1', runs: ['i1-1'] };
      },
      async explain(message, source) {
        seen.explained.push(source);
        return { alerts: message.alerts.map(() => ({ fingerprint: 'f', rules: [] })) };
      },
      restore: async (rule, wish) => void seen.acts.push({ kind: 'restore', run: rule, ...wish }),
      demotions: async () => new Map([['r2', { since: clock.now(), reason: 'too often' }]]),
      reload: async () => ({ hash: 'h', rules: 2, problems: [] }),
    },
    rulebook: () => emptyRulebook,
    actions: [{ name: 'kubernetes.scale', summary: 'Set the replica count', effect: 'converge' }],
    guards: [{ name: 'paused', summary: 'Nothing is paused', tier: 'mandatory' }],
    clock,
    ids: countedIds('n'),
    metrics,
    metricsText: () => metrics.text(),
    log: createLog({ level: 'debug', isTerminal: false, write: (line) => void seen.logged.push(line) }),
    ready: async () => ({ ready: true, reasons: [] }),
    ...changes,
  });
  started.push(server);
  return { server, store, clock, metrics, ...seen };
}

export async function closeApis(): Promise<void> {
  await Promise.all(started.splice(0).map((server) => server.close()));
}

/** A token whose secret is its name. */
export function tokenOf(name: string, role: AccessToken['role']): AccessToken {
  return { name, role, token: () => new Secret(name) };
}

export function bearer(token: string): Credential {
  return { kind: 'bearer', token: () => new Secret(token) };
}

/** What Alertmanager 0.25 sent. */
export function recordedBody(name = '0.25-firing.json'): string {
  return readFileSync(new URL(`../../fixtures/alertmanager/${name}`, import.meta.url), 'utf8');
}

export function bodyOf(alerts: readonly object[]): object {
  return { version: '4', receiver: 'fixpoint', status: 'firing', groupKey: '{}', alerts };
}

export const anAlert = {
  status: 'firing',
  labels: { alertname: 'A' },
  annotations: {},
  startsAt: '2026-01-01T00:00:00Z',
  fingerprint: 'f1',
};

export async function post(api: Api, url: string, { body, headers = {} }: { body: unknown; headers?: Record<string, string> }) {
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  return await api.server.inject({
    method: 'POST',
    url,
    headers: { 'host': 'localhost', 'content-type': 'application/json', ...headers },
    payload,
  });
}

export async function get(api: Api, url: string, headers: Record<string, string> = {}) {
  return await api.server.inject({ method: 'GET', url, headers: { host: 'localhost', ...headers } });
}

/** A run with everything a run can have. */
export function aRun({
  id = 'i1-1',
  phase = 'queued',
  at = 1_700_000_000_000,
  ...rest
}: Partial<Run> & { phase?: Phase; at?: number } = {}): Run {
  return {
    version: runVersion,
    id,
    kind: 'remediation',
    incident: id.split('-')[0] ?? id,
    rule: 'r1',
    definition: 'd',
    rulebook: 'b',
    source: 'default',
    subject: 'kubernetes/default/shop/deployment.apps/web',
    mode: 'approve',
    phase,
    reason: 'because',
    attempt: 1,
    alert: { source: 'default', fingerprint: 'f1', labels: { alertname: 'A' }, annotations: { summary: 's' }, startsAt: at },
    rung: 0,
    rungs: [
      {
        remediation: 'scale-deployment',
        mode: 'approve',
        state: 'planned',
        params: { name: 'web' },
        steps: [
          {
            id: 'scale',
            action: 'kubernetes.scale',
            effect: 'converge',
            optional: false,
            timeoutMs: 1000,
            state: 'planned',
            target: 'kubernetes/default/shop/deployment.apps/web',
            intent: { secretPlan: true },
            changes: [{ what: 'spec.replicas', from: 2, to: 6 }],
          },
        ],
        verdicts: [{ check: 'promql', positive: true, verdict: 'inconclusive', reason: 'no data', at }],
        undo: { when: 'resolved', afterMs: 1000 },
      },
    ],
    decisions: [{ guard: 'paused', decision: 'allow', reason: 'nothing is paused', at }],
    charged: false,
    approval: { askedAt: at, expiresAt: at + 1000, plan: 'p' },
    createdAt: at,
    updatedAt: at,
    expiresAt: at + 1_000_000,
    ...rest,
  };
}

export async function addRun(api: Api, run: Run): Promise<void> {
  await api.store.createRuns([{ run, entries: [{ type: 'run-created', run: run.id, incident: run.incident, rule: run.rule, data: {} }] }]);
}
