import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { platform, SafetyWard } from './safety-acts.ts';

let ward: SafetyWard;

beforeEach(() => {
  ward = new SafetyWard();
});

afterEach(() => ward.sandbox.close());

describe('a cure that is taken back while the fault presses', () => {
  it.each<[string, number, () => Promise<void> | void, () => Promise<void> | void]>([
    ['high-screening-latency', 60, () => ward.raiseFloor(10), () => ward.scaleBack()],
    ['queue-backlog', 240, () => ward.raiseFloor(12), () => ward.scaleBack()],
    ['llm-provider-down', 60, () => ward.switchTo('fallback'), () => ward.switchTo('primary')],
  ])('makes the patient ill again: %s', async (...[fault, takes, cure, takeBack]) => {
    ward.sandbox.inject(platform, fault);
    await ward.pass(20);
    await cure();
    await ward.pass(takes);
    await takeBack();
    await ward.pass(120);

    expect(await ward.isUnwell(platform)).toBe(true);
  });
});

describe('the safety system', () => {
  it('goes on trying its first provider, so that its alert is over only when the provider is back', async () => {
    ward.sandbox.inject(platform, 'llm-provider-down');
    await ward.pass(20);
    await ward.switchTo('fallback');
    await ward.pass(60);
    expect(await ward.query('safety:llm_timeouts:rate{provider="primary"}')).toEqual([1]);
    await ward.pass(300);

    expect(await ward.query('safety:llm_timeouts:rate{provider="primary"}')).toEqual([0]);
    expect((await ward.ask('reasoning', 'GET /admin/llm')).json()).toMatchObject({ active: 'fallback' });
  });

  it('shows hung consumers by a backlog that grows while nothing is handled, and a surge by one that grows while much is', async () => {
    const signs = async (stream: string): Promise<readonly boolean[]> => {
      const [growth = NaN] = await ward.query(`safety:stream_backlog:deriv{stream="${stream}"}`);
      const [handled = NaN] = await ward.query(`safety:stream_handled:rate{stream="${stream}"}`);
      return [growth > 0, handled >= 1];
    };
    ward.sandbox.inject(platform, 'consumer-hung', { stream: 'events:reasoning_queue' });
    ward.sandbox.inject(platform, 'queue-backlog', { stream: 'events:raw' });
    await ward.pass(60);

    expect(await signs('events:reasoning_queue')).toEqual([true, false]);
    expect(await signs('events:raw')).toEqual([true, true]);
  });

  it('sets no timers while nothing is wrong, and none once a backlog is worked off', async () => {
    expect(ward.clock.nextAt()).toBe(undefined);
    ward.sandbox.inject(platform, 'queue-backlog');
    await ward.pass(20);
    ward.raiseFloor(12);
    await ward.pass(900);

    expect(ward.clock.nextAt()).toBe(undefined);
    expect(await ward.query('redis_stream_pending')).toEqual([0, 0]);
    const [before = NaN] = await ward.query('safety_stream_handled_total{stream="events:raw"}');
    await ward.pass(86_400);
    const [after = NaN] = await ward.query('safety_stream_handled_total{stream="events:raw"}');
    expect((after - before) / 86_400).toBeCloseTo(60, 0);
  });

  it('exposes what a Prometheus would scrape, and no service without pods', async () => {
    const texts = new Map<string, string>();
    for (const name of ['event-ingestion', 'risk-screening', 'reasoning', 'action-executor', 'reporting', 'safety-kube-state'])
      texts.set(name, (await ward.ask(name, 'GET /metrics')).body);
    expect(texts.get('event-ingestion')).toContain('redis_stream_pending{stream="events:raw"} 0');
    expect(texts.get('risk-screening')).toContain('safety_screening_duration_ms_bucket{le="200"}');
    expect(texts.get('reasoning')).toContain('safety_llm_timeout_total{provider="primary"} 0');
    expect(texts.get('action-executor')).toContain('safety_action_failed_total 0');
    expect(texts.get('reporting')).toContain('safety_false_positive_rate 0.03');
    expect(texts.get('safety-kube-state')).toContain('kube_deployment_status_replicas_available{deployment="event-ingestion"} 3');

    ward.scaleOf('reasoning', 0);
    await ward.pass(10);
    expect(await ward.ask('reasoning', 'GET /health')).toMatchObject({ status: 503 });
  });

  it('switches its provider by one that it knows only', async () => {
    expect(await ward.ask('reasoning', 'PUT /admin/llm', '{"active":"nobody"}')).toMatchObject({ status: 422 });
    expect(await ward.ask('reasoning', 'POST /admin/llm')).toMatchObject({ status: 405 });
    expect(await ward.ask('risk-screening', 'GET /admin/llm')).toMatchObject({ status: 404 });
    expect((await ward.ask('reasoning', 'GET /admin/llm')).json()).toMatchObject({ active: 'primary' });
  });

  it.each([
    ['HighScreeningLatency', {}, 'high-screening-latency'],
    ['QueueBacklog', {}, 'queue-backlog'],
    ['QueueBacklog', { stream: 'events:reasoning_queue' }, 'queue-backlog'],
    ['LLMProviderDown', {}, 'llm-provider-down'],
    ['HighFalsePositiveRate', {}, 'false-positives'],
    ['SafetyServiceNotStarting', { deployment: 'reporting' }, 'service-not-starting'],
    ['SafetyActionsFailing', {}, 'actions-failing'],
    ['EventIngestionTooFew', {}, 'ingestion-scaled-in'],
  ])('falls ill with an alert by hand: %s %j', async (...[alertname, more, fault]) => {
    expect(ward.sandbox.platformFor(alertname)).toBe(platform);
    expect(ward.sandbox.faultFor(platform, alertname, more)).toBe(fault);
    const alert = { platform, fingerprint: '0000000000000001', labels: { alertname, ...more }, annotations: {}, startsAt: ward.wall };
    ward.sandbox.alertPosted(alert);
    await ward.pass(60);

    expect(await ward.isUnwell(platform)).toBe(true);
    expect(ward.delivered).toEqual([]);
  });

  it('does not know streams and services that are not there', () => {
    expect(ward.sandbox.faultFor(platform, 'QueueBacklog', { stream: 'other' })).toBe(undefined);
    expect(ward.sandbox.faultFor(platform, 'SafetyServiceNotStarting', { deployment: 'other' })).toBe(undefined);
    expect(ward.sandbox.inject(platform, 'consumer-hung', { stream: 'other' })).toBe(false);
    expect(ward.sandbox.inject(platform, 'service-not-starting', { deployment: 'other' })).toBe(false);
  });
});
