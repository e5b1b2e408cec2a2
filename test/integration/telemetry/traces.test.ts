import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { otlpTracing } from '../../../src/adapters/telemetry/otlp-tracing.ts';
import { startCollector, type Collector, type ReceivedSpan } from '../../support/collector.ts';
import { startFixpoint, type FixpointServer } from '../../support/fixpoint.ts';
import { listening } from '../../support/listening.ts';
import { waitUntil } from '../../support/wait-until.ts';

const caller = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' };

describe('a service with a collector', { timeout: 60_000 }, () => {
  let collector: Collector;
  let service: FixpointServer;

  beforeAll(async () => {
    collector = await startCollector();
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=ops',
      OTEL_SERVICE_NAME: 'fixpoint-test',
    };
    service = await startFixpoint({ args: ['--sandbox', '--speed', '50'], env });
  }, 60_000);

  afterAll(async () => {
    await service?.stop();
    await collector?.[Symbol.asyncDispose]();
  });

  async function alert(traceparent?: string, alertname = 'HighLatencyP99'): Promise<void> {
    const response = await fetch(`${service.url}/api/v1/webhook/llm-guardrails`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(traceparent === undefined ? {} : { traceparent }) },
      body: JSON.stringify({ version: '4', alerts: [{ status: 'firing', labels: { alertname, severity: 'critical' } }] }),
    });
    expect(response.status).toBe(202);
  }

  it('tells each run as one trace, from the webhook to the verdict, in the trace of who sent the webhook', async () => {
    await alert(`00-${caller.trace}-${caller.span}-01`);
    const run = await waitUntil(() => collector.spans.find(({ name }) => name.startsWith('run ')), {
      timeoutMs: 40_000,
      describe: () => 'the run to be told',
    });
    const spans = collector.spans.filter(({ trace }) => trace === caller.trace);
    const one = (name: string): ReceivedSpan =>
      spans.find((span) => span.name.startsWith(name)) ?? expect.fail(`no span ${name} among ${spans.map((span) => span.name).join(', ')}`);
    const webhook = one('webhook');
    expect(webhook).toMatchObject({ parent: caller.span, service: 'fixpoint-test', attributes: { 'fixpoint.source': 'llm-guardrails' } });
    expect(one('intake')).toMatchObject({ parent: webhook.id, attributes: { 'fixpoint.runs': 1 } });
    expect(run).toMatchObject({
      trace: caller.trace,
      parent: webhook.id,
      name: 'run guardrails-high-latency',
      isError: false,
      attributes: { 'fixpoint.rule': 'guardrails-high-latency', 'fixpoint.outcome': 'succeeded' },
    });
    expect(run.events.map(({ attributes }) => attributes['fixpoint.guard'])).toEqual(
      expect.arrayContaining(['paused', 'stillFiring', 'cooldown']),
    );
    const rung = one('rung ');
    const step = one('step kubernetes.scale');
    const verify = one('verify');
    expect([rung.parent, step.parent, verify.parent]).toEqual([run.id, rung.id, rung.id]);
    expect(verify.events.at(-1)?.attributes['fixpoint.verdict']).toBe('passed');
    for (const span of [rung, step, verify]) {
      expect(span.to).toBeGreaterThanOrEqual(span.from);
      expect(span.from).toBeGreaterThanOrEqual(run.from);
      expect(span.to).toBeLessThanOrEqual(run.to);
    }
    expect(collector.headers['x-tenant']).toBe('ops');

    const replayed = await fetch(`${service.url}/api/v1/runs/${String(run.attributes['fixpoint.run'])}/replay`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'to see it again' }),
    });
    expect(replayed.status).toBe(202);
    const again = await waitUntil(() => collector.spans.find(({ links }) => links.length > 0), { describe: () => 'the replay to be told' });
    expect(again).toMatchObject({ name: 'run guardrails-high-latency', parent: undefined, links: [caller.trace] });
    expect(again.trace).not.toBe(caller.trace);
  });

  it('begins a trace of its own where the sender has none, and keeps quiet where it wants none', async () => {
    await alert(`00-${caller.trace.replace('0af', 'eee')}-${caller.span}-00`, 'NobodysRule');
    await alert(undefined, 'NobodysRuleEither');
    const own = await waitUntil(() => collector.spans.find(({ name, parent }) => name === 'webhook' && parent === undefined), {
      describe: () => 'a trace of its own',
    });
    expect(own.trace).toMatch(/^[0-9a-f]{32}$/);
    await waitUntil(() => collector.spans.some(({ name, parent }) => name === 'intake' && parent === own.id), {
      describe: () => 'its intake',
    });
    expect(collector.spans.filter(({ trace }) => trace.startsWith('eee'))).toEqual([]);
  });
});

describe('a traceparent that is none', { timeout: 60_000 }, () => {
  it('costs its sender nothing but their trace', async () => {
    await using collector = await startCollector();
    await using service = await startFixpoint({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin } });
    const good = `00-${caller.trace}-${caller.span}-01`;
    const hostile = [
      [good.toUpperCase()],
      [`00-${'0'.repeat(32)}-${caller.span}-01`],
      [`00-${caller.trace}-${'0'.repeat(16)}-01`],
      [`00-${caller.trace.slice(1)}-${caller.span}-01`],
      [`00-${caller.trace}a-${caller.span}-01`],
      [`ff-${caller.trace}-${caller.span}-01`],
      [`${good}-${'x'.repeat(10_000)}`],
      ['a'.repeat(10_000)],
      [''],
      [good, good],
      [good, `00-${caller.trace.replace('0af', 'bbb')}-${caller.span}-01`],
    ];
    for (const values of hostile) expect(await post(service.url, values)).toBe(202);
    const webhooks = () => collector.spans.filter(({ name }) => name === 'webhook');
    await waitUntil(() => webhooks().length === hostile.length, { describe: () => `a trace of each: ${webhooks().length}` });
    expect(webhooks().map(({ parent }) => parent)).toEqual(hostile.map(() => undefined));
    const traces = new Set(webhooks().map(({ trace }) => trace));
    expect(traces.size).toBe(hostile.length);
    expect([...traces].filter((trace) => trace === caller.trace || !/^[0-9a-f]{32}$/.test(trace))).toEqual([]);
  });
});

it('a collector that never answers keeps no process from ending in good order', { timeout: 60_000 }, async () => {
  let asked = 0;
  await using silent = await listening(() => void (asked += 1));
  const service = await startFixpoint({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: silent.origin } });
  for (let index = 0; index < 5; index += 1) expect(await post(service.url, [])).toBe(202);
  await waitUntil(() => asked > 0, { describe: 'the collector to be asked' });
  expect(await post(service.url, [])).toBe(202);
  service.signal('SIGTERM');
  await waitUntil(() => !service.isRunning(), { timeoutMs: 20_000, describe: () => `it to end:\n${service.output()}` });
  expect(service.output()).toContain('"step":"traces"');
  await service.stop();
});

/** A message with these headers `traceparent`; the status of the answer. */
function post(url: string, traceparents: readonly string[]): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = [
      'host',
      new URL(url).host,
      'content-type',
      'application/json',
      ...traceparents.flatMap((value) => ['traceparent', value]),
    ];
    const sent = request(`${url}/api/v1/webhook`, { method: 'POST', headers }, (response) => resolve(response.resume().statusCode));
    sent.on('error', reject).end(JSON.stringify({ version: '4', alerts: [{ status: 'firing', labels: { alertname: 'NobodysRule' } }] }));
  });
}

describe('a collector', () => {
  const logged: string[] = [];
  const note = (_data: object, message: string) => void logged.push(message);
  const options = {
    headers: () => ({}),
    service: 'fixpoint',
    version: '0',
    instance: 'i',
    log: { debug: note, info: note, warn: note, error: note },
  };
  const span = { name: 'webhook', from: 1, to: 2, attributes: {} };

  it('that never answers is waited for by nobody, and what is too much is dropped', async () => {
    await using silent = await listening(() => undefined);
    const tracing = otlpTracing({ ...options, url: `${silent.origin}/v1/traces` });
    const began = performance.now();
    for (let index = 0; index < 20_000; index += 1) tracing.ended(span, {});
    expect(performance.now() - began).toBeLessThan(5000);
    await silent[Symbol.asyncDispose]();
    await tracing.close();
  });

  it('that refuses is told of once', async () => {
    logged.length = 0;
    await using refusing = await listening((_request, response) => void response.writeHead(400).end());
    const tracing = otlpTracing({ ...options, url: `${refusing.origin}/v1/traces` });
    for (const _ of [1, 2]) {
      tracing.ended(span, {});
      await waitUntil(() => logged.length > 0, { describe: () => 'the refusal to be told' });
    }
    await tracing.close();
    expect(logged).toEqual(['traces cannot be sent, they are lost']);
  });

  it('is told no text whole that is too long', async () => {
    await using taking = await startCollector();
    const tracing = otlpTracing({ ...options, url: `${taking.origin}/v1/traces` });
    tracing.ended({ ...span, attributes: { short: 'x'.repeat(2000), long: 'y'.repeat(2001), count: 3 } }, {});
    await waitUntil(() => taking.spans.length > 0, { describe: () => 'the span to be told' });
    await tracing.close();
    expect(taking.spans[0]?.attributes).toMatchObject({ short: 'x'.repeat(2000), long: `${'y'.repeat(2000)}…` });
  });

  it('is told the credential of the moment, and nothing where that cannot be had', async () => {
    logged.length = 0;
    await using taking = await startCollector();
    let credential: string | undefined = 'Bearer one';
    const headers = () => {
      if (credential === undefined) throw new Error('the file is gone');
      return { authorization: credential };
    };
    const tracing = otlpTracing({ ...options, headers, url: `${taking.origin}/v1/traces` });
    for (const expected of ['Bearer one', 'Bearer two']) {
      credential = expected;
      tracing.ended(span, {});
      await waitUntil(() => taking.headers['authorization'] === expected, { describe: () => `${expected} to be sent` });
    }
    const taken = taking.spans.length;
    credential = undefined;
    tracing.ended(span, {});
    await waitUntil(() => logged.length > 0, { describe: () => 'the loss to be told' });
    await tracing.close();
    expect([taking.spans.length, logged]).toEqual([taken, ['traces cannot be sent, they are lost']]);
  });
});
