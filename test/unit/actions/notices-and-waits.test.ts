import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../src/adapters/clock/manual-clock.ts';
import type { Sample } from '../../../src/ports/prometheus.ts';
import { FakeService } from '../../support/actions/fake-http.ts';
import { applyOf, contextOf, planOf, settledOf } from '../../support/actions/world.ts';

describe('notify.webhook', () => {
  const params = { connection: 'app', path: '/hooks/x', title: 'down <!channel> & out', text: 'see <https://evil.test|here>' };

  it('tells Slack without letting an alert mention a channel or disguise a link, with the same key each time', async () => {
    const http = new FakeService('x');
    const context = contextOf({ http });
    const plan = await planOf('notify.webhook', { ...params, format: 'slack' }, context);
    expect(plan).toMatchObject({ target: 'run/run-1', changes: [{ what: 'notice by app', from: null, to: params.title }] });
    await applyOf('notify.webhook', plan.intent, context);
    await applyOf('notify.webhook', plan.intent, context);
    const [first, second] = http.requests;
    expect(first).toEqual(second);
    expect(first).toMatchObject({
      method: 'POST',
      path: '/hooks/x',
      headers: { 'idempotency-key': expect.stringMatching(/^[0-9a-f]{16}$/) as string },
    });
    expect(JSON.parse(first?.body ?? '')).toEqual({
      text: '*down &lt;!channel&gt; &amp; out*\nsee &lt;https://evil.test|here&gt;\n2023-11-14T22:13:20.000Z',
    });
  });

  it('tells others plainly', async () => {
    const http = new FakeService('x');
    const context = contextOf({ http });
    const { intent } = await planOf('notify.webhook', params, context);
    await applyOf('notify.webhook', intent, context);
    expect(JSON.parse(http.requests[0]?.body ?? '')).toEqual({
      run: 'run-1',
      at: '2023-11-14T22:13:20.000Z',
      title: params.title,
      text: params.text,
    });
  });

  it.each([
    [503, { code: 'http.unavailable', retryable: true }],
    [429, { code: 'http.unavailable', retryable: true }],
    [404, { code: 'http.unexpected-answer', retryable: false }],
  ])('HTTP %i is %j', async (status, error) => {
    const http = new FakeService('x');
    http.send = () => Promise.resolve({ status, headers: {}, body: '', truncated: false });
    const context = contextOf({ http });
    const { intent } = await planOf('notify.webhook', params, context);
    await expect(applyOf('notify.webhook', intent, context)).rejects.toMatchObject(error);
  });

  it('by a connection that nobody declared is no plan', async () => {
    const plan = (async () =>
      await planOf('notify.webhook', { ...params, connection: 'other' }, contextOf({ http: new FakeService('x') })))();
    await expect(plan).rejects.toMatchObject({ code: 'target.missing' });
  });
});

describe('flow.wait', () => {
  it('has settled when its time is over, counted from its apply', async () => {
    const clock = manualClock();
    const context = contextOf({}, clock);
    const plan = await planOf('flow.wait', { for: '90s' }, context);
    expect(plan.changes).toEqual([{ what: 'time', from: 'now', to: '1m30s later' }]);
    await clock.advance(60_000);
    const output = await applyOf('flow.wait', plan.intent, context);
    await clock.advance(89_500);
    expect(await settledOf('flow.wait', { ...plan, output }, context)).toEqual({ settled: false, reason: 'waits 1s more' });
    await clock.advance(500);
    expect(await settledOf('flow.wait', { ...plan, output }, context)).toEqual({ settled: true });
  });
});

describe('flow.wait in a world that goes faster', () => {
  it('is as much shorter', async () => {
    const clock = manualClock();
    const context = { ...contextOf({}, clock), speed: 10 };
    const plan = await planOf('flow.wait', { for: '2m' }, context);
    const output = await applyOf('flow.wait', plan.intent, context);
    await clock.advance(11_999);
    expect(await settledOf('flow.wait', { ...plan, output }, context)).toMatchObject({ settled: false });
    await clock.advance(1);
    expect(await settledOf('flow.wait', { ...plan, output }, context)).toEqual({ settled: true });
  });
});

describe('flow.waitFor that watches', () => {
  async function watching(values: readonly (number | 'away')[]) {
    const clock = manualClock();
    const left = [...values];
    const query = (): Promise<readonly Sample[]> => {
      const value = left.shift() ?? 0;
      return value === 'away' ? Promise.reject(new Error('away')) : Promise.resolve([{ labels: {}, at: 0, value }]);
    };
    const context = contextOf({ prometheus: { query } }, clock);
    const params = { action: 'prometheus.query', with: { query: 'errors' }, until: 'output.series.all(s, s.value < 0.01)', holds: '5m' };
    const plan = await planOf('flow.waitFor', params, context);
    const output = await applyOf('flow.waitFor', plan.intent, context);
    return { clock, plan, look: async () => await settledOf('flow.waitFor', { ...plan, output }, context) };
  }

  it('has settled when it has held for its time, and no moment before', async () => {
    const { clock, plan, look } = await watching([0, 0, 0]);
    expect(plan.changes).toMatchObject([{ to: 'holds for 5m' }]);
    expect(await look()).toEqual({ settled: false, reason: 'watches for 5m more that output.series.all(s, s.value < 0.01)' });
    await clock.advance(299_999);
    expect(await look()).toMatchObject({ settled: false });
    await clock.advance(1);
    expect(await look()).toMatchObject({ settled: true });
  });

  it('fails for good once it does not hold, saying what was seen', async () => {
    const { look } = await watching([0, 0.2, 0]);
    expect(await look()).toMatchObject({ settled: false });
    expect(await look()).toMatchObject({ settled: 'failed', reason: expect.stringContaining('0.2') as string });
  });

  it('takes no answer for none', async () => {
    const { look } = await watching(['away']);
    await expect(look()).rejects.toThrow('away');
  });
});

describe('flow.waitFor', () => {
  it('gives what it saw when the condition held; a failing read is no answer', async () => {
    let answer: () => Promise<readonly Sample[]> = () => Promise.reject(new Error('away'));
    const context = contextOf({ prometheus: { query: async () => await answer() } });
    const plan = await planOf(
      'flow.waitFor',
      { action: 'prometheus.query', with: { query: 'up' }, until: 'output.count == 2 && output.series.all(s, s.value >= 1)' },
      context,
    );
    await expect(settledOf('flow.waitFor', plan, context)).rejects.toThrow('away');
    answer = () => Promise.resolve([1, 0].map((value) => ({ labels: {}, at: 0, value })));
    expect(await settledOf('flow.waitFor', plan, context)).toMatchObject({ settled: false });
    answer = () => Promise.resolve([1, 1].map((value) => ({ labels: {}, at: 0, value })));
    expect(await settledOf('flow.waitFor', plan, context)).toMatchObject({ settled: true, output: { count: 2 } });
  });
});

describe('flow.assert', () => {
  it('fails with its own words, and for good', async () => {
    const plan = (async () => await planOf('flow.assert', { that: false, otherwise: 'no room' }, contextOf({})))();
    await expect(plan).rejects.toMatchObject({ code: 'flow.assertion-failed', message: 'no room', retryable: false });
    expect((await planOf('flow.assert', { that: true, otherwise: 'no room' }, contextOf({}))).changes).toEqual([]);
  });
});

describe('prometheus.query', () => {
  it('gives series as JSON; one series is the value, NaN and infinities are none', async () => {
    const asked: unknown[] = [];
    const answers: (readonly number[])[] = [[0.5], [1, Number.NaN], [Infinity], []];
    const prometheus = {
      query(text: string, options: { from?: string; source: string }) {
        asked.push([text, options.from, options.source]);
        return Promise.resolve((answers.shift() ?? []).map((value) => ({ labels: { a: 'b' }, at: 0, value })));
      },
    };
    const context = contextOf({ prometheus });
    const ask = async (more: object = {}) => (await planOf('prometheus.query', { query: 'up', ...more }, context)).output;
    expect(await ask()).toEqual({ count: 1, value: 0.5, series: [{ labels: { a: 'b' }, value: 0.5 }] });
    expect(await ask({ from: 'other' })).toMatchObject({ count: 2, value: null, series: [{ value: 1 }, { value: null }] });
    expect(await ask()).toMatchObject({ count: 1, value: null });
    expect(await ask()).toEqual({ count: 0, value: null, series: [] });
    expect(asked.slice(0, 2)).toEqual([
      ['up', undefined, 'main'],
      ['up', 'other', 'main'],
    ]);
  });
});
