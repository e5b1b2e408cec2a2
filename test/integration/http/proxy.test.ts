import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpClient } from '../../../src/adapters/http/client.ts';
import { Ward } from '../../unit/sandbox/ward.ts';
import { failureOf, signal } from './connected.ts';
import { serve } from './served.ts';

describe('a connection with a proxy', () => {
  it('sends requests there, with the address of the endpoint', async () => {
    await using proxy = await serve((_request, response) => void response.end('through'));
    const connection = {
      origin: 'http://web.shop:8080',
      headers: { 'x-key': 'k' },
      endpoints: 'default/shop/web',
      proxy: `http://127.0.0.1:${proxy.port}`,
    };
    const client = new HttpClient({ connections: new Map([['app', connection]]), reveal: () => '' });
    const answer = await client.read({ connection: 'app', method: 'GET', path: '/x', timeoutMs: 2000, address: '10.1.2.3:8080' }, signal());
    expect(answer.body).toBe('through');
    expect(proxy.seen[0]).toMatchObject({ url: 'http://10.1.2.3:8080/x', headers: { 'x-key': 'k' } });
    client.close();
  });
});

describe('the pods of the sandbox', () => {
  let ward: Ward;
  let client: HttpClient;

  beforeEach(async () => {
    ward = new Ward();
    const { podsUrl, services } = await ward.sandbox.listen();
    const connection = {
      origin: services['llm-research-admin'] ?? '',
      headers: { 'x-admin-key': 'practice-admin-key' },
      endpoints: 'default/llm-research/llm-research-api',
      proxy: podsUrl,
    };
    client = new HttpClient({ connections: new Map([['admin', connection]]), reveal: () => '' });
  });

  afterEach(async () => {
    client.close();
    await ward.sandbox.close();
  });

  const pods = (): readonly { readonly name: string; readonly ip: string }[] =>
    ward.sandbox.cluster.list('Pod', 'llm-research', { version: 'blue' }).map(({ metadata, status }) => ({
      name: metadata.name,
      ip: (status as { podIP: string }).podIP,
    }));
  const status = async (ip: string) =>
    await client.read(
      { connection: 'admin', method: 'GET', path: '/admin/circuit-breaker/status', timeoutMs: 2000, address: `${ip}:8080` },
      signal(),
    );

  it('are called one by one at their addresses, and each has a breaker of its own', async () => {
    const [first, second] = pods();
    const writer = client.writer(() => Promise.resolve());
    const open = {
      connection: 'admin',
      method: 'POST' as const,
      path: '/admin/circuit-breaker/open',
      timeoutMs: 2000,
      address: `${first?.ip}:8080`,
    };
    expect(await writer.send({ ...open, body: '{"service":"openai-api"}' }, signal())).toMatchObject({ status: 200 });
    expect((await status(first?.ip ?? '')).body).toContain('"openai-api":"open"');
    expect((await status(second?.ip ?? '')).body).toContain('"openai-api":"closed"');
  });

  it('answer no longer once they are gone, and nobody else does at their address', async () => {
    const [first] = pods();
    ward.restart('llm-research-api', 'Deployment', 'llm-research');
    await ward.pass(60);
    expect(await status(first?.ip ?? '')).toMatchObject({ status: 502 });
    expect(await status('10.1.2.3')).toMatchObject({ status: 502 });
    expect(await failureOf(status('169.254.169.254'))).toMatchObject({ code: 'http.refused' });
  });

  it('want the key', async () => {
    const [first] = pods();
    const answer = await ward.ask('llm-research-admin', 'GET /admin/circuit-breaker/status');
    expect([answer.status, (await status(first?.ip ?? '')).status]).toEqual([403, 200]);
  });
});
