import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { OidcIssuer } from '../../../src/adapters/oidc/oidc-issuer.ts';
import { OidcTestIssuer } from '../../support/auth/oidc-issuer.ts';
import { listening } from '../../support/listening.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { buildApi, closeApis, tokenOf } from '../../unit/api/api-fixture.ts';

afterEach(async () => await closeApis());

it('an issuer that never answers keeps nobody else waiting, is asked once for all its tokens, and they are told to try again', async () => {
  await using well = await OidcTestIssuer.start();
  let asked = 0;
  await using silent = await listening(() => void (asked += 1));
  const issuerAt = (name: string, issuer: string) =>
    new OidcIssuer(
      { name, issuer, audiences: ['fixpoint'], username: 'sub', leeway: 0, grants: [{ claim: 'groups', value: 'ops', role: 'viewer' }] },
      { clock: systemClock() },
    );
  const api = buildApi({
    access: {
      tokens: [tokenOf('viewer-token', 'viewer')],
      authenticators: [issuerAt('silent', silent.origin), issuerAt('well', well.url)],
    },
    isLoopback: false,
  });
  await api.server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = api.server.server.address() as AddressInfo;
  const ask = async (token?: string, path = '/api/v1/runs') =>
    await fetch(`http://127.0.0.1:${port}${path}`, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });

  // Each is another token, as an attacker would send them: what it claims decides who is asked.
  let answered = 0;
  const waiting = Array.from({ length: 50 }, async (_, index) => {
    const response = await ask(await well.token({ iss: silent.origin, sub: `user-${index}`, groups: ['ops'] }));
    answered += 1;
    return response;
  });
  await waitUntil(() => asked > 0, { describe: 'the issuer to be asked' });
  expect((await ask('viewer-token')).status).toBe(200);
  expect((await ask(await well.token({ groups: ['ops'] }))).status).toBe(200);
  expect((await ask('wrong')).status).toBe(401);
  expect((await ask(undefined, '/-/healthy')).status).toBe(200);
  expect(answered).toBe(0);

  const refused = await Promise.all(waiting);
  expect(new Set(refused.map(({ status, headers }) => `${status}, again after ${headers.get('retry-after')} s`))).toEqual(
    new Set(['503, again after 5 s']),
  );
  expect(await refused[0]?.json()).toMatchObject({ code: 'auth.unavailable' });
  expect(asked).toBe(1);
});
