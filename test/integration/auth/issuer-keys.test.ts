import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { issuerKeys } from '../../../src/adapters/oidc/issuer-keys.ts';
import { KeySet } from '../../../src/adapters/oidc/key-set.ts';
import { messageOf } from '../../../src/errors.ts';
import { testAuthority, type TestAuthority } from '../../support/auth/certificates.ts';
import { listening } from '../../support/listening.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Of RFC 8037. */
const key = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwaaPJHURo0' };
const asJson = { 'content-type': 'application/json' };

describe('the keys of an issuer that is reached over TLS', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let authority: TestAuthority;
  let server: Server;
  let issuer = '';
  let place = '';
  const asked: string[] = [];

  beforeEach(async () => {
    folder = temporaryFolder();
    authority = testAuthority(folder.path);
    const { cert, key: of } = authority.sign('issuer', '/CN=localhost');
    asked.length = 0;
    server = createServer({ cert, key: of }, (request, response) => {
      asked.push(request.url ?? '');
      const body = request.url === '/keys' ? { keys: [key] } : { issuer, jwks_uri: place };
      response.writeHead(200, asJson).end(JSON.stringify(body));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    issuer = `https://localhost:${(server.address() as AddressInfo).port}`;
    place = `${issuer}/keys`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    folder.remove();
  });

  const outcome = async (ca?: string): Promise<unknown> =>
    await issuerKeys({ issuer, ...(ca === undefined ? {} : { ca }) }, AbortSignal.timeout(10_000)).catch(messageOf);

  it('are taken from whom the authorities of the moment have signed', async () => {
    expect(await outcome(authority.file)).toEqual({ keys: [key] });
    expect(await outcome()).toMatch(/UNABLE_TO_VERIFY|SELF_SIGNED/);
    writeFileSync(authority.file, testAuthority(folder.path, 'other').pem);
    expect(await outcome(authority.file)).toMatch(/UNABLE_TO_VERIFY|SELF_SIGNED|SIGNATURE/);
    writeFileSync(authority.file, authority.pem);
    expect(await outcome(authority.file)).toEqual({ keys: [key] });
  });

  it('are asked for again once they are old, and when the clock was set back, which makes nothing younger', async () => {
    let now = 1_000_000_000;
    const keys = new KeySet({ issuer, ca: authority.file }, { clock: { now: () => now } });
    const find = async () => await keys.keyFor({ alg: 'EdDSA' }, { payload: '', signature: '' });
    for (const [later, questions] of [
      [0, 2],
      [599_000, 2],
      [2000, 4],
      [-3_600_000, 6],
      [1000, 6],
    ] as const) {
      now += later;
      await find();
      expect([later, asked.length]).toEqual([later, questions]);
    }
  });

  it('are not asked for over plain HTTP, where anybody between could give others', async () => {
    await using plain = await listening((request, response) => {
      asked.push(`plain ${request.url}`);
      response.writeHead(200, asJson).end(JSON.stringify({ keys: [key] }));
    });
    place = `${plain.origin}/keys`;
    expect(await outcome(authority.file)).toBe(`its jwks_uri is "${place}"; expected https`);
    expect(asked).toEqual(['/.well-known/openid-configuration']);
  });
});
