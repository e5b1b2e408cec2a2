import type { Alert, Labels } from '../../alert/alert.ts';
import { FixpointError } from '../../errors.ts';
import type { Standing } from '../../ports/evidence.ts';
import { printable } from '../../value/printable.ts';
import type { JsonApi } from '../http/json-api.ts';

interface PrometheusAlert {
  readonly state?: string;
  readonly labels: Labels;
}

/** Whether Prometheus itself has the alert firing. */
export async function standingInPrometheus(
  api: JsonApi,
  { alert, addedLabels, signal }: { alert: Alert; addedLabels: readonly string[]; signal: AbortSignal },
): Promise<Standing> {
  const { status, body } = await api.send({ method: 'GET', path: '/api/v1/alerts', signal, code: 'prometheus.unavailable' });
  const alerts = (body as { data?: { alerts?: unknown } } | null)?.data?.alerts;
  if (status !== 200 || !Array.isArray(alerts)) throw new FixpointError('prometheus.unavailable', `GET /api/v1/alerts: HTTP ${status}`);
  const own = new Map(Object.entries(alert.labels).filter(([name]) => !addedLabels.includes(name)));
  const isSame = ({ state, labels }: PrometheusAlert) => state === 'firing' && labels['alertname'] === own.get('alertname') && isPartOf(labels, alert.labels);
  return { standing: (alerts as PrometheusAlert[]).some(isSame) ? 'firing' : 'absent' };
}

/** External labels join on the way to Alertmanager: what Prometheus itself shows may be less than the alert has. */
function isPartOf(labels: Labels, whole: Labels): boolean {
  return Object.entries(labels).every(([name, value]) => whole[name] === value);
}

/** Alerts that fire, by their series `ALERTS`. They have no fingerprint, for that depends on labels that Prometheus does not show. */
export async function firingInPrometheus(
  api: JsonApi,
  { source, matchers, signal }: { source: string; matchers: readonly string[]; signal: AbortSignal },
): Promise<readonly Alert[]> {
  const query = `ALERTS{${['alertstate="firing"', ...matchers.map(asPromql)].join(',')}}`;
  const { status, body } = await api.send({ method: 'POST', path: '/api/v1/query', form: { query }, signal, code: 'prometheus.unavailable' });
  const result = (body as { data?: { result?: unknown } } | null)?.data?.result;
  if (status !== 200 || !Array.isArray(result)) throw new FixpointError('prometheus.unavailable', `query ALERTS: HTTP ${status}`);
  return (result as { metric: Labels }[]).map(({ metric: { __name__: _name, alertstate: _state, ...labels } }) => {
    return { source, fingerprint: '', status: 'firing', labels, annotations: {}, startsAt: 0 };
  });
}

/** A matcher of Alertmanager as one of PromQL; throws for what only Alertmanager understands. */
function asPromql(matcher: string): string {
  const parts = /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\[\\"n])*)"|([^\s"{},\\]+))\s*$/.exec(matcher);
  if (parts === null) throw new FixpointError('prometheus.query-failed', `the matcher ${printable(matcher)} cannot be asked of Prometheus`);
  const [, name = '', operator = '', quoted, bare] = parts;
  return `${name}${operator}"${quoted ?? bare ?? ''}"`;
}
