import type { Config } from '../config/config.ts';
import type { Log } from '../ports/log.ts';
import type { Tracing } from '../ports/tracing.ts';
import { revealed } from './revealed.ts';
import { version } from './version.ts';

/** Undefined where no traces are wanted: then nothing of OpenTelemetry is loaded. */
export async function openTracing(
  { tracing }: Pick<Config, 'tracing'>,
  { log, instance }: { log: Log; instance: string },
): Promise<(Tracing & { close(): Promise<void> }) | undefined> {
  if (tracing === undefined) return undefined;
  const { url, headers, service } = tracing;
  const { otlpTracing } = await import('../adapters/telemetry/otlp-tracing.ts');
  return otlpTracing({ url, headers: () => revealed(headers), service, version, instance, log });
}
