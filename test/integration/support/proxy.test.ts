import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startProxy, type Proxy } from '../../support/proxy.ts';

const body = 'x'.repeat(10_000);

describe('the proxy', () => {
  let server: Server;
  let proxy: Proxy;

  beforeEach(async () => {
    server = createServer((_request, response) => response.end(body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    proxy = await startProxy({ port: typeof address === 'object' ? (address?.port ?? 0) : 0 });
  });

  afterEach(async () => {
    await proxy.close();
    server.closeAllConnections();
    server.close();
  });

  function ask(timeoutMs = 5000): Promise<string> {
    return fetch(`http://127.0.0.1:${proxy.port}/`, { signal: AbortSignal.timeout(timeoutMs), headers: { connection: 'close' } }).then(
      (answer) => answer.text(),
    );
  }

  it('passes on what it gets', async () => {
    expect(await ask()).toBe(body);
  });

  it('cuts, and is whole again after restore', async () => {
    proxy.cut();
    await expect(ask()).rejects.toThrow('fetch failed');

    proxy.restore();
    expect(await ask()).toBe(body);
  });

  it('cuts a connection that is under way', async () => {
    proxy.stall();
    const answer = ask();
    await Promise.all([
      expect(answer).rejects.toThrow('fetch failed'),
      new Promise((resolve) => setImmediate(resolve)).then(() => proxy.cut()),
    ]);
  });

  it('stalls, and delivers what it held back after restore', async () => {
    proxy.stall();
    await expect(ask(200)).rejects.toThrow('aborted due to timeout');

    const held = ask();
    proxy.restore();
    expect(await held).toBe(body);
  });

  it('delays every byte, both ways', async () => {
    proxy.delay(60);
    const begin = performance.now();
    expect(await ask()).toBe(body);
    expect(performance.now() - begin).toBeGreaterThan(115);
  });

  it('gives half an answer', async () => {
    proxy.cutAfter(3000);
    await expect(ask()).rejects.toThrow('terminated');
  });
});
