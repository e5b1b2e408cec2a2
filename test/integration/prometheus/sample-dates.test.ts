import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JsonApi } from '../../../src/adapters/http/json-api.ts';
import { createPrometheus } from '../../../src/adapters/prometheus/client.ts';
import type { Prometheus } from '../../../src/ports/prometheus.ts';
import { startPrometheus } from '../../support/prometheus.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { sendJson, serve } from '../http/served.ts';

const signal = (): AbortSignal => AbortSignal.timeout(10_000);
const at = (origin: string): Prometheus => createPrometheus({ find: () => new JsonApi(origin) });

describe('samples of a real Prometheus', () => {
  let server: Awaited<ReturnType<typeof startPrometheus>>;

  beforeAll(async () => {
    server = await startPrometheus({
      config: `
global: { scrape_interval: 3s, scrape_timeout: 1s }
scrape_configs: [{ job_name: gone, static_configs: [{ targets: ['127.0.0.1:1'] }] }]
`,
    });
  });

  afterAll(() => server.stop());

  it('are dated by when they were taken, not by when they were asked for', async () => {
    const prometheus = at(server.url);
    const ask = async () => (await prometheus.query('up{job="gone"}', { source: 's', signal: signal() }))[0];
    const first = await waitUntil(ask, { describe: 'the first sample' });
    expect(first.value).toBe(0);
    // Scrapes are 3 s apart, questions 20 ms: some question comes more than a second after its sample.
    const old = await waitUntil(
      async () => {
        const before = Date.now();
        const sample = await ask();
        return sample !== undefined && before - sample.at > 1000 ? sample : undefined;
      },
      { describe: 'a sample older than its question' },
    );
    expect(await ask()).toEqual(old);
  });
});

describe('samples of a server', () => {
  const vector = (metric: object, seconds: number, value: string) => ({
    status: 'success',
    data: { resultType: 'vector', result: [{ metric, value: [seconds, value] }] },
  });

  it('whose date it does not tell count as taken long ago', async () => {
    await using server = await serve(({ body }, response) => {
      sendJson(response, body.includes('timestamp') ? vector({ job: 'other' }, 50, '40') : vector({ __name__: 'up', job: 'a' }, 50, '1'));
    });
    expect(await at(server.origin).query('up', { source: 's', signal: signal() })).toEqual([
      { labels: { __name__: 'up', job: 'a' }, at: 0, value: 1 },
    ]);
  });

  it('that knows no functions keep the date they come with', async () => {
    await using server = await serve(({ body }, response) => {
      if (body.includes('timestamp')) sendJson(response, { status: 'error', error: 'no functions' }, 501);
      else sendJson(response, vector({ job: 'a' }, 50, '1'));
    });
    expect(await at(server.origin).query('up', { source: 's', signal: signal() })).toEqual([
      { labels: { job: 'a' }, at: 50_000, value: 1 },
    ]);
  });
});
