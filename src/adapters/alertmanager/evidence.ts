import type { Alert } from '../../alert/alert.ts';
import { FixpointError } from '../../errors.ts';
import type { Evidence } from '../../ports/evidence.ts';
import { z } from 'zod';
import type { JsonApi } from '../http/json-api.ts';
import { AlertGroup, AlertmanagerStatus, GettableAlert, RuleAlert } from './gettable-alert.ts';
import { ownLabel } from '../../value/own-label.ts';
import { ownSilences, suppressedBy } from './silences.ts';

export interface EvidenceSource {
  readonly kind: 'api' | 'prometheus' | 'receipt';
  readonly alertmanager?: JsonApi;
  /** The address of its Alertmanager. */
  readonly place?: string;
  readonly prometheus?: JsonApi;
  /** Labels that the source's alerts get from us and that Alertmanager does not know. */
  readonly addedLabels: readonly string[];
  /** Receivers that post to us; absent = any may. */
  readonly receivers?: readonly string[];
}

/** Characters of all filters in the address of a request: proxies take about 8000 in all. */
const longestFilters = 4000;

/** Asks the sources themselves: Alertmanager's API v2, or the alerts of Prometheus. */
export function createEvidence(sources: ReadonlyMap<string, EvidenceSource>): Evidence {
  const source = (name: string): EvidenceSource => {
    const found = sources.get(name);
    if (found === undefined) throw new FixpointError('alertmanager.unavailable', `no source is named ${name}`);
    return found;
  };
  return {
    sources: () => [...sources.keys()],
    placeOf: (name) => sources.get(name)?.place,
    // Where sources are configured, one that is not among them is believed nothing: asking it fails, and so denies.
    kindOf: (name) => sources.get(name)?.kind ?? (sources.size === 0 ? 'receipt' : 'api'),
    async standing(alert, signal) {
      const from = source(alert.source);
      if (from.kind === 'prometheus')
        return { standing: isAmong(await alertsOfPrometheus(from, signal), alert, from) ? 'firing' : 'absent' };
      const api = alertmanagerOf(from, alert.source);
      const alerts = await alertsOf(api, ownMatchers(from, alert), signal);
      const found = alerts.find((candidate) => candidate.fingerprint === alert.fingerprint);
      if (found === undefined) return { standing: 'absent' };
      const by = (await suppressedBy(found, ownSilences(api, signal))) ?? (await mutedBy(from, api, { alert, signal }));
      return by === undefined ? { standing: 'firing' } : { standing: 'suppressed', by };
    },
    async anyFires(name, alerts, signal) {
      const from = source(name);
      if (from.kind === 'prometheus') {
        const listed = await alertsOfPrometheus(from, signal);
        return alerts.some((alert) => isAmong(listed, alert, from));
      }
      const api = alertmanagerOf(from, name);
      const wanted = new Map(alerts.map((alert) => [alert.fingerprint, alert]));
      const isOwn = ownSilences(api, signal);
      for (const found of await alertsOf(api, [], signal)) {
        const alert = wanted.get(found.fingerprint);
        if (alert === undefined || (await suppressedBy(found, isOwn)) !== undefined) continue;
        if ((await mutedBy(from, api, { alert, signal })) === undefined) return true;
      }
      return false;
    },
    async upSince(name, signal) {
      const api = alertmanagerOf(source(name), name);
      const { status, body } = await api.send({ method: 'GET', path: '/api/v2/status', signal, code: 'alertmanager.unavailable' });
      const at = status === 200 ? Date.parse(AlertmanagerStatus.safeParse(body).data?.uptime ?? '') : Number.NaN;
      return Number.isNaN(at) ? undefined : at;
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
      const { asked, rest } = fitting(withoutAdded(from, matchers));
      if (rest.length > 0)
        throw new FixpointError(
          'alertmanager.unavailable',
          `matchers are too long to ask Alertmanager for: an address has room for ${longestFilters} characters of them`,
        );
      const alerts = await alertsOf(api, asked, signal);
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

/**
 * What mutes the alert for us: it is muted in every group that goes to a receiver of ours. Alertmanager says so since 0.28; one that
 * has no groups, or says nothing of muting in them, mutes nothing as far as can be known.
 */
async function mutedBy(
  from: EvidenceSource,
  alertmanager: JsonApi,
  { alert, signal }: { alert: Alert; signal: AbortSignal },
): Promise<string | undefined> {
  const path = '/api/v2/alerts/groups';
  const query = ownMatchers(from, alert).map((matcher): [string, string] => ['filter', matcher]);
  const { status, body } = await alertmanager.send({ method: 'GET', path, query, signal, code: 'alertmanager.unavailable' });
  if (status === 404 || status === 501) return undefined;
  if (status !== 200) throw new FixpointError('alertmanager.unavailable', `GET ${path}: HTTP ${status}`);
  const groups = parsed(z.array(AlertGroup), body, { path, code: 'alertmanager.unavailable' });
  const ours = groups
    .filter(({ receiver }) => from.receivers?.includes(receiver.name) !== false)
    .flatMap(({ alerts }) => alerts.filter(({ fingerprint }) => fingerprint === alert.fingerprint))
    .map(({ status: { mutedBy: names } }) => names);
  if (ours.length === 0 || ours.some((names) => names.length === 0)) return undefined;
  return `mute ${[...new Set(ours.flat())].join(', ')}`;
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

/** As many matchers as an address has room for, in their order: servers refuse long ones, and labels may have any length. */
function fitting(matchers: readonly string[]): { readonly asked: readonly string[]; readonly rest: readonly string[] } {
  let left = longestFilters;
  const asked = new Set<string>();
  for (const matcher of matchers) {
    const length = matcher.length > left ? matcher.length : new URLSearchParams([['filter', matcher]]).toString().length + 1;
    if (length > left) continue;
    left -= length;
    asked.add(matcher);
  }
  return { asked: [...asked], rest: matchers.filter((matcher) => !asked.has(matcher)) };
}

/** The alert's own labels as matchers, without those that we added and those that are too long: its fingerprint tells it from others. */
function ownMatchers({ addedLabels }: EvidenceSource, alert: Alert): readonly string[] {
  const matchers = Object.entries(alert.labels)
    .filter(([name, value]) => !addedLabels.includes(name) && value.length <= longestFilters && /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name))
    .map(([name, value]) => `${name}=${quote(value)}`);
  return fitting(matchers).asked;
}

/** Matchers on labels that we added cannot be asked of Alertmanager; every alert of the source has them. */
function withoutAdded({ addedLabels }: EvidenceSource, matchers: readonly string[]): readonly string[] {
  return matchers.filter((matcher) => !addedLabels.some((label) => new RegExp(`^\\s*"?${RegExp.escape(label)}"?\\s*[=!]`).test(matcher)));
}

function quote(value: string): string {
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}

async function alertsOfPrometheus({ prometheus }: EvidenceSource, signal: AbortSignal): Promise<readonly RuleAlert[]> {
  if (prometheus === undefined) throw new FixpointError('prometheus.unavailable', 'the source has no prometheus to ask');
  const { status, body } = await prometheus.send({ method: 'GET', path: '/api/v1/alerts', signal, code: 'prometheus.unavailable' });
  if (status !== 200) throw new FixpointError('prometheus.unavailable', `GET /api/v1/alerts: HTTP ${status}`);
  return parsed(z.object({ data: z.object({ alerts: z.array(RuleAlert) }) }), body, {
    path: '/api/v1/alerts',
    code: 'prometheus.unavailable',
  }).data.alerts;
}

function isAmong(listed: readonly RuleAlert[], alert: Alert, { addedLabels }: EvidenceSource): boolean {
  const own = Object.entries(alert.labels).filter(([name]) => !addedLabels.includes(name));
  // External labels are added on the way to Alertmanager: what Prometheus itself shows may be less than the alert has.
  const isSame = (labels: Readonly<Record<string, string>>) =>
    Object.entries(labels).every(([name, value]) => alert.labels[name] === value) &&
    own.some(([name]) => name === 'alertname' && labels[name] !== undefined);
  return listed.some(({ state, labels }) => state === 'firing' && isSame(labels));
}

function asAlert(source: string, { fingerprint, labels, annotations, startsAt }: GettableAlert): Alert {
  const at = Date.parse(startsAt);
  return { source, fingerprint, status: 'firing', labels, annotations, startsAt: Number.isNaN(at) ? 0 : at };
}
