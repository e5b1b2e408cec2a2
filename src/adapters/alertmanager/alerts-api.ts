import { FixpointError } from '../../errors.ts';
import type { JsonApi } from '../http/json-api.ts';

/** An alert as `GET /api/v2/alerts` has it. */
export interface GettableAlert {
  readonly fingerprint?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly startsAt?: string;
  readonly status?: AlertStatus;
}

export interface AlertStatus {
  readonly state?: string;
  readonly silencedBy?: readonly string[];
  readonly inhibitedBy?: readonly string[];
  readonly mutedBy?: readonly string[];
}

const every = ['active', 'silenced', 'inhibited', 'unprocessed'].map((name): [string, string] => [name, 'true']);

/** All alerts that fire and match all filters (one matcher each), suppressed ones too. */
export async function askAlerts(api: JsonApi, filters: readonly string[], signal: AbortSignal): Promise<readonly GettableAlert[]> {
  const query = [...every, ...filters.map((filter): [string, string] => ['filter', filter])];
  const { status, body } = await api.send({ method: 'GET', path: '/api/v2/alerts', query, signal, code: 'alertmanager.unavailable' });
  if (status !== 200 || !Array.isArray(body) || !body.every(isAlert)) throw new FixpointError('alertmanager.unavailable', `GET /api/v2/alerts: HTTP ${status}`);
  return body;
}

/** Who made a silence; undefined for one that is gone. */
export async function askSilenceAuthor(api: JsonApi, id: string, signal: AbortSignal): Promise<string | undefined> {
  const path = `/api/v2/silence/${encodeURIComponent(id)}`;
  const { status, body } = await api.send({ method: 'GET', path, signal, code: 'alertmanager.unavailable' });
  if (status === 404) return undefined;
  const author: unknown = typeof body === 'object' && body !== null && 'createdBy' in body ? body.createdBy : undefined;
  if (status !== 200 || typeof author !== 'string') throw new FixpointError('alertmanager.unavailable', `GET ${path}: HTTP ${status}`);
  return author;
}

function isAlert(value: unknown): value is GettableAlert {
  return typeof value === 'object' && value !== null && 'labels' in value && typeof value.labels === 'object' && value.labels !== null;
}
