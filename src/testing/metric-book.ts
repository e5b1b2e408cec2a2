import { messageOf } from '../errors.ts';
import { parseSelector, SelectorError, type LabelMatcher } from '../sandbox/query/selector.ts';
import { parseDuration } from '../value/duration.ts';
import { parseSeries, type Point } from './series.ts';
import type { Metric } from './world-schema.ts';
import type { WorldExpressions } from './world-expression.ts';

/** One series now. */
export interface SampleNow {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What there is to say to a query now: series, an error, or nothing because the test says nothing of it. */
export type MetricAnswer = { readonly samples: readonly SampleNow[] } | { readonly error: string } | undefined;

interface Entry {
  readonly labels: Readonly<Record<string, string>>;
  /** Undefined = no sample now; throws where the metric is an error. */
  value(elapsed: number): Point;
}

interface Written {
  readonly metric: Metric;
  readonly entries: readonly Entry[];
  /** From which values at intervals count. */
  readonly since: number;
}

/** The metrics that a test gives, by selector or by the text of a query. */
export class MetricBook {
  readonly #expressions: WorldExpressions;
  readonly #interval: number;
  readonly #written = new Map<string, Written>();

  constructor(expressions: WorldExpressions, interval: number) {
    this.#expressions = expressions;
    this.#interval = interval;
  }

  /** `since`: ms after the start; times in the metric count from the start, values at intervals from then. */
  set(key: string, metric: Metric, since: number): void {
    const labels = labelsOf(key);
    this.#written.set(oneSpace(key), { metric, since, entries: this.#entries(metric, labels ?? {}, since) });
  }

  /** The answer to exactly this query, where the test gives one. */
  exactly(query: string, elapsed: number): MetricAnswer {
    const written = this.#written.get(oneSpace(query));
    return written && read([written], elapsed, () => true);
  }

  /** All series that a plain selector selects; undefined where the test has none that it could ever select. */
  select(matchers: readonly LabelMatcher[], elapsed: number): MetricAnswer {
    const series = [...this.#written].filter(([key]) => labelsOf(key) !== undefined).map(([, written]) => written);
    const isSelected = ({ labels }: Entry) => matchers.every(({ name, matches }) => matches(labels[name] ?? ''));
    const fitting = series.filter(({ entries }) => entries.some(isSelected));
    return fitting.length === 0 ? undefined : read(fitting, elapsed, isSelected);
  }

  #entries(metric: Metric, labels: Entry['labels'], since: number): readonly Entry[] {
    if (typeof metric === 'number' || metric === null) return [{ labels, value: () => metric ?? undefined }];
    if (typeof metric === 'string') return [{ labels, value: this.#atIntervals(metric, since) }];
    if ('cel' in metric) return [{ labels, value: this.#reacting(metric.cel) }];
    if ('error' in metric) return [{ labels, value: () => fail(metric.error) }];
    const steps = metric.filter((item) => Array.isArray(item));
    const series = metric.filter((item) => 'labels' in item);
    return [
      ...(steps.length === 0 ? [] : [{ labels, value: inSteps(steps) }]),
      ...series.map(({ labels: own, value }): Entry => ({
        labels: { ...labels, ...own },
        value: typeof value === 'object' && value !== null ? this.#reacting(value.cel) : () => value ?? undefined,
      })),
    ];
  }

  /** After the last value it stays. */
  #atIntervals(text: string, since: number): Entry['value'] {
    const points = parseSeries(text);
    if (typeof points === 'string') throw new RangeError(points);
    return (elapsed) => points[Math.min(points.length - 1, Math.max(0, Math.floor((elapsed - since) / this.#interval)))];
  }

  #reacting(cel: string): Entry['value'] {
    const expression = this.#expressions.compile(cel);
    return () => {
      const value = expression.evaluate();
      if (value === null) return undefined;
      if (typeof value === 'boolean') return value ? 1 : 0;
      return typeof value === 'number' ? value : fail(`${cel} gives ${JSON.stringify(value)}, which is no number`);
    };
  }
}

/** What is wrong with a metric as written; undefined where nothing is. */
export function problemOfMetric(metric: Metric): string | undefined {
  if (typeof metric === 'string') {
    const points = parseSeries(metric);
    return typeof points === 'string' ? points : undefined;
  }
  if (!Array.isArray(metric)) return undefined;
  const kinds = new Set(metric.map((item) => 'labels' in item));
  return kinds.size > 1 ? 'either [at, value] pairs or series with labels, not both' : undefined;
}

/** The labels of a selector whose matchers are all `=`; undefined for any other text. */
function labelsOf(key: string): Readonly<Record<string, string>> | undefined {
  try {
    const matchers = parseSelector(key);
    if (matchers.some(({ operator }) => operator !== '=') || !matchers.some(({ name }) => name === '__name__')) return undefined;
    return Object.fromEntries(matchers.map(({ name, value }) => [name, value]));
  } catch (error) {
    if (error instanceof SelectorError) return undefined;
    throw error;
  }
}

function inSteps(steps: readonly (readonly [string, number | null])[]): Entry['value'] {
  const sorted = steps
    .map(([at, value]): readonly [number, Point] => [parseDuration(at) ?? 0, value ?? undefined])
    .toSorted(([a], [b]) => a - b);
  return (elapsed) => sorted.findLast(([at]) => at <= elapsed)?.[1];
}

function read(written: readonly Written[], elapsed: number, isWanted: (entry: Entry) => boolean): MetricAnswer {
  try {
    const samples = written.flatMap(({ entries }) =>
      entries.filter(isWanted).flatMap(({ labels, value }): SampleNow[] => {
        const now = value(elapsed);
        return now === undefined ? [] : [{ labels, value: now }];
      }),
    );
    return { samples };
  } catch (error) {
    return { error: messageOf(error) };
  }
}

function fail(message: string): never {
  throw new Error(message);
}

function oneSpace(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ');
}
