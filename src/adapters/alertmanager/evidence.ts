import type { Alert } from '../../alert/alert.ts';
import { FixpointError } from '../../errors.ts';
import type { Evidence, Standing } from '../../ports/evidence.ts';
import type { JsonApi } from '../http/json-api.ts';

export interface EvidenceSource {
  readonly kind: 'api' | 'prometheus' | 'receipt';
  readonly alertmanager?: JsonApi;
  readonly prometheus?: JsonApi;
  /** Labels that the source's alerts get from us and that Alertmanager does not know. */
  readonly addedLabels: readonly string[];
}

/** An alert as `GET /api/v2/alerts` has it. */
interface GettableAlert {
  readonly fingerprint?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly startsAt?: string;
  readonly status?: { readonly state?: string; readonly silencedBy?: readonly string[]; readonly inhibitedBy?: readonly string[]; readonly mutedBy?: readonly string[] };
}

/** Asks the sources themselves: Alertmanager's API v2, or the alerts of Prometheus. */
export function createEvidence(sources: ReadonlyMap<string, EvidenceSource>): Evidence {
  const source = (name: string): EvidenceSource => {
    const found = sources.get(name);
    if (found === undefined) throw new FixpointError('alertmanager.unavailable', `no source is named ${name}`);
    return found;
  };
  return {
    sources: () => [...sources.keys()],
    kindOf: (name) => sources.get(name)?.kind ?? 'receipt',
    async standing(alert, signal) {
      const from = source(alert.source);
      if (from.kind === 'prometheus') return await standingInPrometheus(from, alert, signal);
      const alerts = await alertmanagerAlerts(from, ownMatchers(from, alert), signal);
      return standingOf(alerts.find((candidate) => candidate.fingerprint === alert.fingerprint));
    },
    async firing(name, matchers, signal) {
      const from = source(name);
      if (from.kind === 'prometheus') throw new FixpointError('alertmanager.unavailable', `source ${name} has evidence: prometheus, which does not list alerts by matchers`);
      const alerts = await alertmanagerAlerts(from, withoutAdded(from, matchers), signal);
      return alerts.filter((alert) => alert.status?.state !== 'suppressed').map((alert) => asAlert(name, alert));
    },
  };
}

async function alertmanagerAlerts({ alertmanager }: EvidenceSource, matchers: readonly string[], signal: AbortSignal): Promise<readonly GettableAlert[]> {
  if (alertmanager === undefined) throw new FixpointError('alertmanager.unavailable', 'the source has no alertmanager to ask');
  const query = matchers.map((matcher): [string, string] => ['filter', matcher]);
  const { status, body } = await alertmanager.send({ method: 'GET', path: '/api/v2/alerts', query, signal, code: 'alertmanager.unavailable' });
  if (status !== 200 || !Array.isArray(body)) throw new FixpointError('alertmanager.unavailable', `GET /api/v2/alerts: HTTP ${status}`);
  return body as GettableAlert[];
}

/** The alert's own labels as matchers, without those that we added. */
function ownMatchers({ addedLabels }: EvidenceSource, alert: Alert): readonly string[] {
  return Object.entries(alert.labels)
    .filter(([name]) => !addedLabels.includes(name) && /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name))
    .map(([name, value]) => `${name}=${quote(value)}`);
}

/** Matchers on labels that we added cannot be asked of Alertmanager; every alert of the source has them. */
function withoutAdded({ addedLabels }: EvidenceSource, matchers: readonly string[]): readonly string[] {
  return matchers.filter((matcher) => !addedLabels.some((label) => new RegExp(`^\\s*"?${label}"?\\s*[=!]`).test(matcher)));
}

function quote(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

/** Alertmanager answers `active`, `unprocessed` or `suppressed`. A silence of our own does not count as silenced. */
function standingOf(alert: GettableAlert | undefined): Standing {
  if (alert === undefined) return { standing: 'absent' };
  const { state, silencedBy = [], inhibitedBy = [], mutedBy = [] } = alert.status ?? {};
  if (state !== 'suppressed') return { standing: 'firing' };
  if (silencedBy.length > 0) return { standing: 'suppressed', by: `silence ${silencedBy.join(', ')}` };
  if (inhibitedBy.length > 0) return { standing: 'suppressed', by: `inhibition by ${inhibitedBy.join(', ')}` };
  return { standing: 'suppressed', by: mutedBy.length > 0 ? `mute ${mutedBy.join(', ')}` : 'Alertmanager' };
}

async function standingInPrometheus({ prometheus, addedLabels }: EvidenceSource, alert: Alert, signal: AbortSignal): Promise<Standing> {
  if (prometheus === undefined) throw new FixpointError('prometheus.unavailable', 'the source has no prometheus to ask');
  const { status, body } = await prometheus.send({ method: 'GET', path: '/api/v1/alerts', signal, code: 'prometheus.unavailable' });
  const alerts = (body as { data?: { alerts?: unknown } } | null)?.data?.alerts;
  if (status !== 200 || !Array.isArray(alerts)) throw new FixpointError('prometheus.unavailable', `GET /api/v1/alerts: HTTP ${status}`);
  const own = Object.entries(alert.labels).filter(([name]) => !addedLabels.includes(name));
  // External labels are added on the way to Alertmanager: what Prometheus itself shows may be less than the alert has.
  const isSame = (labels: Readonly<Record<string, string>>) =>
    Object.entries(labels).every(([name, value]) => alert.labels[name] === value) && own.some(([name]) => name === 'alertname' && labels[name] !== undefined);
  const found = (alerts as { state?: string; labels: Record<string, string> }[]).some(({ state, labels }) => state === 'firing' && isSame(labels));
  return found ? { standing: 'firing' } : { standing: 'absent' };
}

function asAlert(source: string, { fingerprint = '', labels, annotations = {}, startsAt }: GettableAlert): Alert {
  return { source, fingerprint, status: 'firing', labels, annotations, startsAt: startsAt === undefined ? 0 : Date.parse(startsAt) };
}
