import { FixpointError } from '../../errors.ts';
import type { Prometheus, Sample } from '../../ports/prometheus.ts';
import { canonicalJson } from '../../value/json.ts';
import type { JsonApi } from '../http/json-api.ts';
import { isPlainSelector } from './plain-selector.ts';
import { readAnswer, type Answer } from './answer.ts';

export interface PrometheusOptions {
  /** The Prometheus of a source or of that name; undefined when there is none. */
  readonly find: (place: { source: string; from?: string }) => JsonApi | undefined;
}

/** How long Prometheus itself works on a query. */
const queryTimeout = '4s';

/** Instant queries by POST form, as the Prometheus HTTP API has them. */
export function createPrometheus({ find }: PrometheusOptions): Prometheus {
  return {
    async query(query, { from, source, signal }) {
      const api = find({ source, ...(from === undefined ? {} : { from }) });
      if (api === undefined) throw new FixpointError('prometheus.unavailable', from === undefined ? `source ${source} has no prometheus` : `no prometheus is named ${from}`);
      const { status, body } = await ask(api, { query }, signal);
      const samples = readAnswer({ status, body, query });
      return isPlainSelector(query) && samples.length > 0 ? await withOwnTimes(api, { query, samples, signal }) : samples;
    },
  };
}

function ask(api: JsonApi, form: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Pick<Answer, 'status' | 'body'>> {
  return api.send({ method: 'POST', path: '/api/v1/query', form: { ...form, timeout: queryTimeout }, signal, code: 'prometheus.unavailable' });
}

/**
 * An instant query dates its samples with the moment it was asked for, though a selector may have found them up to five minutes
 * older; `timestamp()` tells their own time. A server that does not know it (501) dates them itself.
 */
async function withOwnTimes(api: JsonApi, { query, samples, signal }: { query: string; samples: readonly Sample[]; signal: AbortSignal }): Promise<readonly Sample[]> {
  const asked = (samples[0]?.at ?? 0) / 1000;
  const timesQuery = `timestamp(${query.trim()})`;
  const { status, body } = await ask(api, { query: timesQuery, time: String(asked) }, signal);
  if (status === 501) return samples;
  const times = new Map(readAnswer({ status, body, query: timesQuery }).map(({ labels, value }) => [seriesOf(labels), value * 1000]));
  // A series without a time of its own is as old as can be.
  return samples.map((sample) => ({ ...sample, at: times.get(seriesOf(sample.labels)) ?? 0 }));
}

function seriesOf({ __name__: _name, ...labels }: Readonly<Record<string, string>>): string {
  return canonicalJson(labels);
}
