import { describe, expect, it } from 'vitest';
import { sourceFiles } from '../architecture/source-files.ts';
import { loadFrom } from './load-from.ts';

const yaml =
  "tracing: { endpoint: 'http://file:4318/', service: from-file, headers: { authorization: { env: COLLECTOR_TOKEN }, plain: text } }";
const base = { COLLECTOR_TOKEN: 'geheim-9' };

describe('tracing:', () => {
  it('is nowhere unless somebody says where', () => expect(loadFrom({}).config?.tracing).toBeUndefined());

  it('comes from the file', () => {
    const { config, problems } = loadFrom({ yaml, environment: base });
    expect(problems).toEqual([]);
    expect(config?.tracing).toMatchObject({ url: 'http://file:4318/v1/traces', service: 'from-file', headers: { plain: 'text' } });
    const { authorization } = config?.tracing?.headers ?? {};
    expect(typeof authorization === 'function' && authorization().reveal()).toBe('geheim-9');
  });

  it('may have a header that Kubernetes keeps, which is read when it is needed', () => {
    const kept = "tracing: { endpoint: 'http://file:4318', headers: { authorization: { kubernetes: ops/collector/token } } }";
    const { config, problems } = loadFrom({ yaml: kept });
    expect(problems).toEqual([]);
    const { authorization } = config?.tracing?.headers ?? {};
    const reveal = () => typeof authorization === 'function' && authorization().reveal();
    expect(reveal).toThrow('key token of the Kubernetes Secret ops/collector: it has not been read yet');
    config?.kubernetesSecrets[0]?.put('geheim-8');
    expect(reveal()).toBe('geheim-8');
  });

  it.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://env:1' }, { url: 'https://env:1/v1/traces', service: 'from-file' }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://env:1', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://env:2/in' }, { url: 'http://env:2/in' }],
    [{ OTEL_SERVICE_NAME: 'from-env' }, { url: 'http://file:4318/v1/traces', service: 'from-env' }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, { url: 'http://file:4318/v1/traces' }],
  ])('and before it from %j', (environment, expected) =>
    expect(loadFrom({ yaml, environment: { ...base, ...environment } }).config?.tracing).toMatchObject(expected),
  );

  it.each([
    ['OTEL_SDK_DISABLED', 'true'],
    ['OTEL_SDK_DISABLED', 'TRUE'],
    ['OTEL_TRACES_EXPORTER', 'none'],
  ])('is off by %s=%s', (name, value) =>
    expect(loadFrom({ yaml, environment: { ...base, [name]: value } }).config?.tracing).toBeUndefined(),
  );

  it.each(['collector:4318', 'grpc://collector:4317', 'not an address'])('%s is no address', (OTEL_EXPORTER_OTLP_ENDPOINT) =>
    expect(loadFrom({ environment: { OTEL_EXPORTER_OTLP_ENDPOINT } }).problems).toEqual([
      expect.stringContaining('tracing: expected an address such as http://otel-collector:4318') as string,
    ]),
  );

  it.each(['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'])('%s has no password in it, nor is one shown', (name) =>
    expect(loadFrom({ environment: { [name]: 'http://user:geheim-9@collector:4318' } }).problems).toEqual([
      'tracing: expected an address without user and password; headers may hold a credential',
    ]),
  );
});

it('nothing of OpenTelemetry is loaded before somebody wants traces', () => {
  const files = sourceFiles('src', '.ts');
  const importing = (pattern: RegExp) => files.filter(({ text }) => pattern.test(text)).map(({ path }) => path);
  expect(importing(/from '@opentelemetry\//)).toEqual(['src/adapters/telemetry/otlp-tracing.ts']);
  expect(importing(/from '.*\/otlp-tracing\.ts'/)).toEqual([]);
  expect(importing(/import\('.*\/otlp-tracing\.ts'\)/)).toEqual(['src/app/open-tracing.ts']);
});
