import { FixpointError } from '../../errors.ts';
import type { Sample } from '../../ports/prometheus.ts';
import { printable } from '../../value/printable.ts';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly query: string;
}

interface Document {
  readonly status?: unknown;
  readonly error?: unknown;
  readonly data?: { readonly resultType?: unknown; readonly result?: unknown } | null;
}

/** The samples of a vector or scalar; throws `prometheus.*` for anything else. */
export function readAnswer({ status, body, query }: Answer): readonly Sample[] {
  const answer = (typeof body === 'object' && body !== null ? body : {}) as Document;
  const fail = (problem: string) => new FixpointError('prometheus.query-failed', `query ${printable(query, 200)}: ${problem}`);
  if (status !== 200 || answer.status !== 'success') {
    const said = typeof answer.error === 'string' ? printable(answer.error, 300) : 'no reason given';
    if ((status >= 500 && status !== 501) || status === 429) throw new FixpointError('prometheus.unavailable', `HTTP ${status}: ${said}`);
    throw fail(`HTTP ${status}: ${said}`);
  }
  const { resultType, result } = answer.data ?? {};
  const series = resultType === 'scalar' ? [{ value: result }] : resultType === 'vector' && Array.isArray(result) ? (result as unknown[]) : undefined;
  if (series === undefined) throw fail(`it gives a ${printable(resultType)}, not an instant vector`);
  return series.map((one) => {
    const sample = readSample(one);
    if (sample === undefined) throw fail('a series has no value that can be read');
    return sample;
  });
}

/** Histograms have no single value: they are not read. */
function readSample(series: unknown): Sample | undefined {
  const { metric = {}, value } = (series ?? {}) as { metric?: Readonly<Record<string, string>>; value?: unknown };
  const [seconds, text] = Array.isArray(value) ? (value as unknown[]) : [];
  if (typeof seconds !== 'number' || typeof text !== 'string' || text.trim() === '') return undefined;
  const number = Number(text.replace(/^([+-]?)Inf$/i, '$1Infinity'));
  if (Number.isNaN(number) && text !== 'NaN') return undefined;
  return { labels: metric, at: seconds * 1000, value: number };
}
