import type { Alert } from '../../../src/alert/alert.ts';
import type { GuardContext } from '../../../src/guards/guard.ts';
import type { Evidence, Standing } from '../../../src/ports/evidence.ts';
import type { Incident } from '../../../src/run/incident.ts';
import { parseTarget, type Target } from '../../../src/value/target.ts';
import type { KubernetesReader } from '../../../src/ports/kubernetes.ts';
import { noGuards } from '../../support/no-guards.ts';
import { firing, runOf } from '../../contract/store/records.ts';

export const now = 1_700_000_000_000;

export function target(text: string): Target {
  const parsed = parseTarget(text);
  if (parsed === undefined) throw new Error(`${text} is no target`);
  return parsed;
}

export const web = target('kubernetes/default/shop/deployment.apps/web');

/** A source of which only the given is known; what it is asked besides rejects. */
export function evidence(
  given: {
    kind?: 'api' | 'prometheus' | 'receipt';
    standing?: Standing;
    alerts?: readonly Alert[];
    suppressed?: readonly string[];
  } = {},
): Evidence {
  return {
    sources: () => ['main', 'other'],
    kindOf: () => given.kind ?? 'api',
    anyFires: (_source, alerts) => {
      if (given.alerts === undefined) return Promise.reject(new Error('connection refused'));
      const loud = given.alerts.filter(({ fingerprint }) => given.suppressed?.includes(fingerprint) !== true);
      return Promise.resolve(loud.some(({ fingerprint }) => alerts.some((alert) => alert.fingerprint === fingerprint)));
    },
    placeOf: () => undefined,
    upSince: () => Promise.resolve(undefined),
    listed: () => Promise.resolve([]),
    standing: () => (given.standing === undefined ? Promise.reject(new Error('connection refused')) : Promise.resolve(given.standing)),
    firing: (source, matchers) => {
      if (given.alerts === undefined) return Promise.reject(new Error('connection refused'));
      const wanted = matchers.map((text) => /^(\w+)="(.*)"$/.exec(text)).map((match) => [match?.[1] ?? '', match?.[2] ?? '']);
      const matching = given.alerts.filter((alert) => wanted.every(([name = '', value]) => alert.labels[name] === value));
      return Promise.resolve(matching.filter((alert) => alert.source === source));
    },
  };
}

export function incidentOf(given: Partial<Incident> = {}): Incident {
  return {
    id: 'inc1',
    rule: 'slow',
    subject: 'kubernetes/default/shop/deployment.apps/web',
    source: 'main',
    state: 'open',
    openedAt: now,
    attempt: 1,
    params: 'p1',
    members: [],
    firing: 1,
    seenAt: now,
    ...given,
  };
}

/** A cluster whose objects say nothing of themselves. */
function objects(): KubernetesReader {
  return {
    get: ({ name }) => Promise.resolve({ metadata: { name, uid: '1', resourceVersion: '1' } }),
    list: () => Promise.resolve([]),
    getScale: () => Promise.reject(new Error('nobody asks')),
    podLog: () => Promise.reject(new Error('nobody asks')),
    may: () => Promise.resolve(true),
    protects: () => false,
    command: () => undefined,
  };
}

export function contextOf(given: Partial<GuardContext> = {}): GuardContext {
  return {
    run: runOf('inc1-1', { incident: 'inc1', rule: 'slow', source: 'main', subject: 'kubernetes/default/shop/deployment.apps/web' }),
    incident: incidentOf(),
    alert: firing('a1', { labels: { alertname: 'Slow', namespace: 'shop' } }),
    alerts: [firing('a1')],
    settings: noGuards,
    mode: 'auto',
    targets: [web],
    affected: [],
    effects: ['scale'],
    pauses: [],
    liveSiblings: [],
    localPause: undefined,
    protection: { targets: [], namespaces: [] },
    evidence: evidence({ standing: { standing: 'firing' }, alerts: [] }),
    kubernetes: objects(),
    prometheus: { query: () => Promise.reject(new Error('connection refused')) },
    intervals: new Map(),
    storm: undefined,
    values: () => Promise.reject(new Error('connection refused')),
    fleetSize: () => Promise.reject(new Error('connection refused')),
    seenAt: now,
    now,
    signal: new AbortController().signal,
    ...given,
  };
}
