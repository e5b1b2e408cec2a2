import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { buildApi, closeApis, type Api } from '../../unit/api/api-fixture.ts';
import { waitUntil } from '../../support/wait-until.ts';

afterEach(closeApis);

async function listen(api: Api): Promise<string> {
  await api.server.listen({ host: '127.0.0.1', port: 0 });
  return `http://127.0.0.1:${(api.server.server.address() as AddressInfo).port}`;
}

/** Opens the stream and keeps what comes. */
async function follow(url: string, headers: Record<string, string> = {}) {
  const stop = new AbortController();
  const response = await fetch(`${url}/api/v1/events`, { headers, signal: stop.signal });
  const stream = { text: '', hasEnded: false, response, stop: () => stop.abort() };
  const read = async (): Promise<void> => {
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) stream.text += chunk;
  };
  void read()
    .catch(() => undefined)
    .finally(() => (stream.hasEnded = true));
  await waitUntil(() => stream.text.includes('retry:'), { describe: 'the stream to open' });
  return stream;
}

describe('the event stream', () => {
  it('sends journal entries as they are written', async () => {
    const api = buildApi();
    const stream = await follow(await listen(api));
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(stream.response.headers.get('x-content-type-options')).toBe('nosniff');
    await api.store.append([{ type: 'paused', data: { reason: 'line\nfeed' } }]);
    await waitUntil(() => stream.text.includes('event: paused'), { describe: 'the event' });

    const [, id, data] = /id: (\S+)\nevent: paused\ndata: (.*)\n\n/.exec(stream.text) ?? [];
    expect(JSON.parse(data ?? '')).toMatchObject({
      id,
      type: 'paused',
      data: { reason: 'line\nfeed' },
      at: new Date(api.clock.now()).toISOString(),
    });
    stream.stop();
  });

  it('leaves out the record that entries about the beginning and the end of a run carry', async () => {
    const api = buildApi();
    const stream = await follow(await listen(api));
    await api.store.append([{ type: 'run-ended', run: 'r-1', data: { record: { huge: true }, more: 1 } }]);
    await waitUntil(() => stream.text.includes('event: run-ended'), { describe: 'the event' });
    const [, data] = /event: run-ended\ndata: (.*)\n\n/.exec(stream.text) ?? [];
    expect(JSON.parse(data ?? '')).toMatchObject({ run: 'r-1', data: { more: 1 } });
    expect(data).not.toContain('huge');
    stream.stop();
  });

  it('goes on after the last event a client has seen', async () => {
    const api = buildApi();
    const url = await listen(api);
    await api.store.append([
      { type: 'paused', data: { number: 1 } },
      { type: 'resumed', data: { number: 2 } },
    ]);
    const [first] = await api.store.journal('0', 1);
    const stream = await follow(url, { 'last-event-id': first?.id ?? '' });
    await waitUntil(() => stream.text.includes('event: resumed'), { describe: 'the missed event' });

    expect(stream.text).not.toContain('event: paused');
    expect((await fetch(`${url}/api/v1/events`, { headers: { 'last-event-id': 'nonsense' } })).status).toBe(400);
    stream.stop();
  });

  it('ends after a quarter of an hour, so that who follows it has to say again who they are', async () => {
    const api = buildApi();
    const stream = await follow(await listen(api));
    await api.clock.advance(899_000);
    expect(stream.hasEnded).toBe(false);
    await api.clock.advance(1000);
    await waitUntil(() => stream.hasEnded, { describe: 'the end of the stream' });
  });

  it('gives a sign of life every 15 seconds', async () => {
    const api = buildApi();
    const stream = await follow(await listen(api));
    await api.clock.advance(15_000);
    await waitUntil(() => stream.text.includes(': still here'), { describe: 'the heartbeat' });

    expect(stream.text.match(/: still here/g)).toHaveLength(1);
    stream.stop();
  });

  it('ends with the server', async () => {
    const api = buildApi();
    const stream = await follow(await listen(api));
    await api.server.close();
    await waitUntil(() => stream.hasEnded, { describe: 'the stream to end' });

    expect(stream.hasEnded).toBe(true);
  });

  it('stops following the journal when the client goes', async () => {
    const followers = { open: 0 };
    const api = buildApi();
    const { follow: original } = api.store;
    const counted = buildApi({
      store: {
        ...api.store,
        async follow(after, wait, signal) {
          followers.open++;
          try {
            return await original.call(api.store, after, wait, signal);
          } finally {
            followers.open--;
          }
        },
      },
    });
    const stream = await follow(await listen(counted));
    await waitUntil(() => followers.open === 1, { describe: 'the journal to be followed' });
    stream.stop();

    expect(await waitUntil(() => followers.open === 0, { describe: 'the following to end' })).toBe(true);
  });
});

describe('the server on a socket', () => {
  it('refuses 17 MiB with 413, also when it is not announced', async () => {
    const api = buildApi();
    const url = `${await listen(api)}/api/v1/webhook`;
    const announced = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: 'x'.repeat(17 * 2 ** 20) });
    const chunks = new ReadableStream({
      start(controller) {
        for (let count = 0; count < 17; count++) controller.enqueue(new Uint8Array(2 ** 20));
        controller.close();
      },
    });
    const streamed = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: chunks, duplex: 'half' });

    expect([announced.status, streamed.status]).toEqual([413, 413]);
    expect(await streamed.json()).toMatchObject({ code: 'request.too-large' });
  });

  it('counts a body that breaks off and gives its bytes back', async () => {
    const api = buildApi({ limits: { bodyBytes: 2000, inFlightBytes: 2000 } });
    const url = `${await listen(api)}/api/v1/webhook`;
    const stop = new AbortController();
    const body = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1500)) });
    const broken = fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      duplex: 'half',
      signal: stop.signal,
    });
    const send = async () =>
      await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: `{"version":"4","alerts":[],"pad":"${'x'.repeat(1000)}"}`,
      });
    await waitUntil(async () => (await send()).status === 503, { describe: 'the budget to be taken' });
    stop.abort();
    await expect(broken).rejects.toThrow();

    expect(await waitUntil(async () => (await send()).status === 202, { describe: 'the budget to be given back' })).toBe(true);
  });
});
