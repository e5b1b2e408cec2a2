import { parseDuration } from '../value/duration.ts';
import type { Json } from '../value/json.ts';
import type { TestFile, TestText } from './test-file.ts';
import type { AlertText, HttpText, Metric, PodText, PostgresText, RedisText } from './world-schema.ts';

/** The world at the start of one test: what its file says, and what it adds to that itself. */
export interface WorldText {
  readonly platform: string | undefined;
  /** Ms since the epoch. */
  readonly start: number;
  /** Between values in promtool's notation, ms. */
  readonly interval: number;
  readonly alerts: Readonly<Record<string, AlertText>>;
  readonly metrics: Readonly<Record<string, Metric>>;
  readonly http: HttpText;
  readonly pods: readonly PodText[];
  readonly redis: Readonly<Record<string, RedisText>>;
  readonly postgres: Readonly<Record<string, PostgresText>>;
  readonly state: Readonly<Record<string, Json>>;
  readonly objects: readonly Manifest[];
}

export type Manifest = NonNullable<TestFile['objects']>[number];

const usualStart = '2026-01-05T09:00:00Z';

export function worldOf(file: TestFile, test: TestText): WorldText {
  const connections = [...new Set([...Object.keys(file.http ?? {}), ...Object.keys(test.http ?? {})])];
  return {
    platform: file.platform,
    start: Date.parse(test.start ?? file.start ?? usualStart),
    interval: parseDuration(file.interval ?? '1m') ?? 60_000,
    alerts: { ...file.alerts, ...test.alerts },
    metrics: { ...file.metrics, ...test.metrics },
    http: Object.fromEntries(connections.map((name) => [name, { ...file.http?.[name], ...test.http?.[name] }])),
    pods: [...(test.pods ?? []), ...(file.pods ?? [])],
    redis: { ...file.redis, ...test.redis },
    postgres: { ...file.postgres, ...test.postgres },
    state: { ...file.state, ...test.state },
    objects: [...(file.objects ?? []), ...(test.objects ?? [])],
  };
}
