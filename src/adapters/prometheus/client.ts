import { FixpointError } from '../../errors.ts';
import type { Prometheus, Sample } from '../../ports/prometheus.ts';
import { canonicalJson } from '../../value/json.ts';
import { printable } from '../../value/printable.ts';
import type { JsonApi } from '../http/json-api.ts';
import { isPlainSelector } from './plain-selector.ts';

export interface PrometheusOptions {
  /** The Prometheus of a source or of that name; undefined when there is none. */
  readonly find: (place: { source: string; from?: string }) => JsonApi | undefined;
}

interface Answer {
  readonly status?: unknown;
  readonly error?: unknown;
  readonly data?: { readonly resultType?: unknown; readonly result?: unknown };
}

/** Instant queries by POST form, as the Prometheus HTTP API has them. */
export function createPrometheus({ find }: PrometheusOptions): Prometheus {
  return {
    async query(query, { from, source, signal }) {
      const api = find({ source, ...(from === undefined ? {} : { from }) });
      if (api === undefined) {
        const missing = from === undefined ? `source ${source} has no prometheus` : `no prometheus is named ${from}`;
        throw new FixpointError('prometheus.unavailable', missing);
      }
      // Asked first: a sample that comes between the two questions is then dated too early, never too late.
      const dates = isPlainSelector(query) ? await datesOf(api, query, signal) : undefined;
      const samples = samplesOf(await ask(api, query, signal), query);
      return dates === undefined ? samples : samples.map((sample) => ({ ...sample, at: dates.get(seriesKey(sample.labels)) ?? 0 }));
    },
  };
}

/**
 * When each series of a plain selector was sampled, ms. Prometheus dates the samples of an instant query with the time of the
 * query; `timestamp()` tells their own. A server without functions (501) dates samples with their own time by itself.
 */
async function datesOf(api: JsonApi, query: string, signal: AbortSignal): Promise<ReadonlyMap<string, number> | undefined> {
  try {
    const stamps = samplesOf(await ask(api, `timestamp(${query})`, signal), query);
    return new Map(stamps.map(({ labels, value }) => [seriesKey(labels), value * 1000]));
  } catch (error) {
    if (error instanceof FixpointError && error.details['status'] === 501) return undefined;
    throw error;
  }
}

/** Functions drop the metric's name. */
function seriesKey({ __name__: _dropped, ...labels }: Readonly<Record<string, string>>): string {
  return canonicalJson(labels);
}

async function ask(api: JsonApi, query: string, signal: AbortSignal): Promise<Answer> {
  const { status, body } = await api.send({
    method: 'POST',
    path: '/api/v1/query',
    form: { query },
    signal,
    code: 'prometheus.unavailable',
  });
  const answer = (typeof body === 'object' && body !== null ? body : {}) as Answer;
  if (status === 200 && answer.status === 'success') return answer;
  const said = typeof answer.error === 'string' ? printable(answer.error, 300) : `HTTP ${status}`;
  const isAway = (status >= 500 && status !== 501) || status === 429 || status === 408;
  const code = isAway ? 'prometheus.unavailable' : 'prometheus.query-failed';
  throw new FixpointError(code, `query \`${query.slice(0, 200)}\`: ${said}`, { details: { status } });
}

function samplesOf({ data }: Answer, query: string): readonly Sample[] {
  if (data?.resultType === 'scalar') return [sampleOf({}, data.result, query)];
  if (data?.resultType !== 'vector' || !Array.isArray(data.result)) {
    throw new FixpointError(
      'prometheus.query-failed',
      `query \`${query.slice(0, 200)}\` gives a ${String(data?.resultType)}, not an instant vector`,
    );
  }
  return data.result.map((series: { metric?: Record<string, string>; value?: unknown } | null) =>
    sampleOf(series?.metric ?? {}, series?.value, query),
  );
}

function sampleOf(labels: Readonly<Record<string, string>>, pair: unknown, query: string): Sample {
  const [seconds, text] = Array.isArray(pair) ? (pair as unknown[]) : [];
  if (typeof seconds !== 'number' || typeof text !== 'string')
    throw new FixpointError('prometheus.query-failed', `query \`${query.slice(0, 200)}\`: a sample is malformed`);
  return { labels, at: seconds * 1000, value: numberOf(text) };
}

function numberOf(text: string): number {
  if (text === '+Inf') return Infinity;
  if (text === '-Inf') return -Infinity;
  return text.trim() === '' ? NaN : Number(text);
}
