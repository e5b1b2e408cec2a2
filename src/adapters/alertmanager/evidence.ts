import type { Alert } from '../../alert/alert.ts';
import { FixpointError } from '../../errors.ts';
import type { Evidence, Standing } from '../../ports/evidence.ts';
import { z } from 'zod';
import type { JsonApi } from '../http/json-api.ts';
import { GettableAlert, RuleAlert } from './gettable-alert.ts';
import { ownLabel } from '../../value/own-label.ts';
import { ownSilences, suppressedBy } from './silences.ts';

export interface EvidenceSource {
  readonly kind: 'api' | 'prometheus' | 'receipt';
  readonly alertmanager?: JsonApi;
  readonly prometheus?: JsonApi;
  /** Labels that the source's alerts get from us and that Alertmanager does not know. */
  readonly addedLabels: readonly string[];
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
    // Where sources are configured, one that is not among them is believed nothing: asking it fails, and so denies.
    kindOf: (name) => sources.get(name)?.kind ?? (sources.size === 0 ? 'receipt' : 'api'),
    async standing(alert, signal) {
      const from = source(alert.source);
      if (from.kind === 'prometheus') return await standingInPrometheus(from, alert, signal);
      const api = alertmanagerOf(from, alert.source);
      const alerts = await alertsOf(api, ownMatchers(from, alert), signal);
      const found = alerts.find((candidate) => candidate.fingerprint === alert.fingerprint);
      if (found === undefined) return { standing: 'absent' };
      const by = await suppressedBy(found, ownSilences(api, signal));
      return by === undefined ? { standing: 'firing' } : { standing: 'suppressed', by };
    },
    async listed(name, signal) {
      const alerts = await alertsOf(alertmanagerOf(source(name), name), [], signal);
      return alerts.map((alert) => ({
        alert: asAlert(name, alert),
        isSuppressed: alert.status.state === 'suppressed',
        receivers: alert.receivers.map((receiver) => receiver.name),
      }));
    },
    async firing(name, matchers, signal) {
      const from = source(name);
      if (from.kind === 'prometheus')
        throw new FixpointError(
          'alertmanager.unavailable',
          `source ${name} has evidence: prometheus, which does not list alerts by matchers`,
        );
      const api = alertmanagerOf(from, name);
      const alerts = await alertsOf(api, withoutAdded(from, matchers), signal);
      // Calls that we raised ourselves are nothing that fires.
      return alerts.filter(({ labels }) => labels[ownLabel] === undefined).map((alert) => asAlert(name, alert));
    },
  };
}

function alertmanagerOf({ alertmanager }: EvidenceSource, name: string): JsonApi {
  if (alertmanager === undefined) throw new FixpointError('alertmanager.unavailable', `source ${name} has no alertmanager to ask`);
  return alertmanager;
}

async function alertsOf(alertmanager: JsonApi, matchers: readonly string[], signal: AbortSignal): Promise<readonly GettableAlert[]> {
  const query = matchers.map((matcher): [string, string] => ['filter', matcher]);
  const { status, body } = await alertmanager.send({
    method: 'GET',
    path: '/api/v2/alerts',
    query,
    signal,
    code: 'alertmanager.unavailable',
  });
  if (status !== 200) throw new FixpointError('alertmanager.unavailable', `GET /api/v2/alerts: HTTP ${status}`);
  return parsed(z.array(GettableAlert), body, { path: '/api/v2/alerts', code: 'alertmanager.unavailable' });
}

/** An answer in another form is no answer: nothing is read into it. */
function parsed<T>(
  schema: z.ZodType<T>,
  body: unknown,
  { path, code }: { path: string; code: 'alertmanager.unavailable' | 'prometheus.unavailable' },
): T {
  const { success, data } = schema.safeParse(body);
  if (!success) throw new FixpointError(code, `GET ${path}: the answer has not the form of this API`);
  return data;
}

/** The alert's own labels as matchers, without those that we added. */
function ownMatchers({ addedLabels }: EvidenceSource, alert: Alert): readonly string[] {
  return Object.entries(alert.labels)
    .filter(([name]) => !addedLabels.includes(name) && /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name))
    .map(([name, value]) => `${name}=${quote(value)}`);
}

/** Matchers on labels that we added cannot be asked of Alertmanager; every alert of the source has them. */
function withoutAdded({ addedLabels }: EvidenceSource, matchers: readonly string[]): readonly string[] {
  return matchers.filter((matcher) => !addedLabels.some((label) => new RegExp(`^\\s*"?${RegExp.escape(label)}"?\\s*[=!]`).test(matcher)));
}

function quote(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

async function standingInPrometheus({ prometheus, addedLabels }: EvidenceSource, alert: Alert, signal: AbortSignal): Promise<Standing> {
  if (prometheus === undefined) throw new FixpointError('prometheus.unavailable', 'the source has no prometheus to ask');
  const { status, body } = await prometheus.send({ method: 'GET', path: '/api/v1/alerts', signal, code: 'prometheus.unavailable' });
  if (status !== 200) throw new FixpointError('prometheus.unavailable', `GET /api/v1/alerts: HTTP ${status}`);
  const { alerts } = parsed(z.object({ data: z.object({ alerts: z.array(RuleAlert) }) }), body, {
    path: '/api/v1/alerts',
    code: 'prometheus.unavailable',
  }).data;
  const own = Object.entries(alert.labels).filter(([name]) => !addedLabels.includes(name));
  // External labels are added on the way to Alertmanager: what Prometheus itself shows may be less than the alert has.
  const isSame = (labels: Readonly<Record<string, string>>) =>
    Object.entries(labels).every(([name, value]) => alert.labels[name] === value) &&
    own.some(([name]) => name === 'alertname' && labels[name] !== undefined);
  const found = alerts.some(({ state, labels }) => state === 'firing' && isSame(labels));
  return found ? { standing: 'firing' } : { standing: 'absent' };
}

function asAlert(source: string, { fingerprint, labels, annotations, startsAt }: GettableAlert): Alert {
  const at = Date.parse(startsAt);
  return { source, fingerprint, status: 'firing', labels, annotations, startsAt: Number.isNaN(at) ? 0 : at };
}
