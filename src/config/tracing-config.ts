import { printable } from '../value/printable.ts';
import type { SecretSource, TracingConfig } from './config.ts';
import { hasUserInfo, type SecretRef } from './fields.ts';
import type { ConfigFile } from './schema.ts';

interface Parts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly secret: (ref: SecretRef) => SecretSource;
  readonly messages: string[];
}

/** Where traces go, by OpenTelemetry's own variables before the file; undefined where nobody wants them. */
export function tracingConfig(tracing: ConfigFile['tracing'], { environment, secret, messages }: Parts): TracingConfig | undefined {
  const given = (name: string) => (environment[name] === '' ? undefined : environment[name]);
  if (given('OTEL_SDK_DISABLED')?.toLowerCase() === 'true' || given('OTEL_TRACES_EXPORTER') === 'none') return undefined;
  const base = given('OTEL_EXPORTER_OTLP_ENDPOINT') ?? tracing?.endpoint;
  const url = given('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? (base === undefined ? undefined : `${base.replace(/\/+$/, '')}/v1/traces`);
  if (url === undefined) return undefined;
  const protocol = URL.parse(url)?.protocol;
  if (protocol !== 'http:' && protocol !== 'https:')
    messages.push(`tracing: expected an address such as http://otel-collector:4318, found ${printable(url)}`);
  else if (hasUserInfo(url)) messages.push('tracing: expected an address without user and password; headers may hold a credential');
  const headers = Object.entries(tracing?.headers ?? {}).map(([name, value]): [string, string | SecretSource] => [
    name,
    typeof value === 'string' ? value : secret(value),
  ]);
  return { url, headers: Object.fromEntries(headers), service: given('OTEL_SERVICE_NAME') ?? tracing?.service ?? 'fixpoint' };
}
