import { textAnswer } from '../answer.ts';
import type { SandboxResponse } from '../listen.ts';
import type { Histogram } from './histogram.ts';

/** One series at the present moment; `labels` are its own, without the name and without what a scrape adds. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One metric of a service as it is exposed. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly series: readonly Series[];
}

type LabelledValue = readonly [labels: Readonly<Record<string, string>>, value: number];

export function gauge(name: string, help: string, values: readonly LabelledValue[]): Metric {
  return { name, help, type: 'gauge', series: values.map(([labels, value]) => ({ name, labels, value })) };
}

/** A counter is exposed in whole events. */
export function counter(name: string, help: string, values: readonly LabelledValue[]): Metric {
  return { name, help, type: 'counter', series: values.map(([labels, value]) => ({ name, labels, value: Math.floor(value) })) };
}

export function histogram(name: string, help: string, source: Histogram): Metric {
  const buckets = source
    .buckets()
    .map(({ bound, count }) => ({ name: `${name}_bucket`, labels: { le: formatValue(bound) }, value: count }));
  const sum = { name: `${name}_sum`, labels: {}, value: source.sum };
  const count = { name: `${name}_count`, labels: {}, value: source.count };
  return { name, help, type: 'histogram', series: [...buckets, sum, count] };
}

/** An answer in the text format 0.0.4 of Prometheus. */
export function expositionAnswer(metrics: readonly Metric[]): SandboxResponse {
  return textAnswer(200, exposition(metrics), 'text/plain; version=0.0.4; charset=utf-8');
}

/** The text format 0.0.4 of Prometheus. */
function exposition(metrics: readonly Metric[]): string {
  const lines = metrics.flatMap(({ name, help, type, series }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...series.map((one) => `${one.name}${labelText(one.labels)} ${formatValue(one.value)}`),
  ]);
  return lines.map((line) => `${line}\n`).join('');
}

/** A number as Prometheus writes it. */
export function formatValue(value: number): string {
  if (value === Infinity) return '+Inf';
  return value === -Infinity ? '-Inf' : String(value);
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(value: string): string {
  return value
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);
}
