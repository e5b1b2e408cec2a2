import { afterEach, describe, expect, it } from 'vitest';
import { HttpClient } from '../../../src/adapters/http/client.ts';
import { failureOf, get, signal } from './connected.ts';
import { serve } from './served.ts';

const clients: HttpClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function clientOf(endpoints?: string): HttpClient {
  const connection = {
    origin: 'http://web.shop:8080/base',
    headers: { 'x-admin-key': 'k' },
    ...(endpoints === undefined ? {} : { endpoints }),
  };
  const client = new HttpClient({ connections: new Map([['app', connection]]), reveal: () => '' });
  clients.push(client);
  return client;
}

describe('an endpoint that is called by its address', () => {
  it('gets the request as the Service would, with the connection’s headers', async () => {
    await using one = await serve((_request, response) => void response.end('one'));
    await using two = await serve((_request, response) => void response.end('two'));
    const client = clientOf('shop/web');
    for (const server of [one, two]) {
      const answer = await client.read({ ...get('/status'), address: `127.0.0.1:${server.port}` }, signal());
      expect(answer.body).toBe(server === one ? 'one' : 'two');
      expect(server.seen[0]).toMatchObject({ url: '/base/status', headers: { 'host': 'web.shop:8080', 'x-admin-key': 'k' } });
    }
    expect(client.endpointsOf('app')).toBe('shop/web');
  });

  it.each([
    '169.254.169.254:80',
    '0.0.0.0:80',
    'evil.test:80',
    '127.0.0.1',
    '127.0.0.1:80/x',
    '[fe80::1]:80',
    '127.0.0.1:99999',
    'a@127.0.0.1:80',
    '10.0.0.1.nip.io:80',
  ])('%s is refused', async (address) => {
    expect(await failureOf(clientOf('shop/web').read({ ...get('/'), address }, signal()))).toMatchObject({ code: 'http.refused' });
  });

  it('is refused where the connection declares no Service', async () => {
    expect(await failureOf(clientOf().read({ ...get('/'), address: '127.0.0.1:1' }, signal()))).toMatchObject({ code: 'http.refused' });
  });
});
