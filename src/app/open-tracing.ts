import type { Config } from '../config/config.ts';
import type { Log } from '../ports/log.ts';
import type { Tracing } from '../ports/tracing.ts';
import { version } from './version.ts';

/** Undefined where no traces are wanted: then nothing of OpenTelemetry is loaded. */
export async function openTracing(
  { tracing }: Pick<Config, 'tracing'>,
  { log, instance }: { log: Log; instance: string },
): Promise<(Tracing & { close(): Promise<void> }) | undefined> {
  if (tracing === undefined) return undefined;
  const { url, headers, service } = tracing;
  const { otlpTracing } = await import('../adapters/telemetry/otlp-tracing.ts');
  const revealed = Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : value().reveal()]);
  return otlpTracing({ url, headers: Object.fromEntries(revealed) as Record<string, string>, service, version, instance, log });
}
