import { X509Certificate } from 'node:crypto';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../../../src/adapters/telemetry/log.ts';
import type { CertificateGrant } from '../../../src/api/access.ts';
import { TlsFiles } from '../../../src/app/tls-files.ts';
import { FixpointError } from '../../../src/errors.ts';
import { testAuthority, type SignedCertificate, type TestAuthority } from '../../support/auth/certificates.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { addRun, anAlert, aRun, bodyOf, buildApi, closeApis, tokenOf, type Api } from '../../unit/api/api-fixture.ts';

const certificates: readonly CertificateGrant[] = [
  { subject: { CN: 'alertmanager', O: 'monitoring' }, role: 'webhook' },
  { subject: { OU: 'on-call' }, role: 'operator' },
  { subject: { CN: 'root' }, role: 'admin' },
];

let folder: ReturnType<typeof temporaryFolder>;
let authority: TestAuthority;
let server: SignedCertificate;

beforeEach(() => {
  folder = temporaryFolder();
  authority = testAuthority(folder.path);
  server = authority.sign('server', '/CN=localhost');
});
afterEach(async () => {
  await closeApis();
  folder.remove();
});

interface Answer {
  readonly status: number;
  readonly code: string;
  readonly fingerprint: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

async function start({ needsCertificate = false, isClientAsked = true } = {}) {
  const config = { cert: server.certFile, key: server.keyFile, ...(isClientAsked ? { clientCa: authority.file } : {}), needsCertificate };
  const ends: number[] = [];
  const files = new TlsFiles(config, (at) => void ends.push(at));
  const access = { tokens: [tokenOf('admin-token', 'admin')], certificates };
  const api: Api = buildApi({ isLoopback: false, access, tls: files.read() });
  await api.server.listen({ host: '127.0.0.1', port: 0 });
  await addRun(api, aRun());
  const { port } = api.server.server.address() as AddressInfo;
  const send = (
    path: string,
    {
      by,
      ca = authority.pem,
      headers = {},
      body,
      agent = false,
    }: { by?: SignedCertificate; ca?: string; headers?: Record<string, string>; body?: unknown; agent?: Agent | false } = {},
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body);
      const credential = by === undefined ? {} : { cert: by.cert, key: by.key };
      const type: Record<string, string> = text === undefined ? {} : { 'content-type': 'application/json' };
      const options = {
        host: '127.0.0.1',
        port,
        path,
        method: text === undefined ? 'GET' : 'POST',
        agent,
        ca,
        ...credential,
      };
      const asked = request({ ...options, headers: { ...type, ...headers } }, (response) => {
        const chunks: Buffer[] = [];
        const { fingerprint256 } = (
          response.socket as unknown as { getPeerCertificate(): { fingerprint256: string } }
        ).getPeerCertificate();
        response.on('data', (chunk: Buffer) => void chunks.push(chunk));
        response.on('end', () => {
          const answered = chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as { code?: string });
          resolve({ status: response.statusCode ?? 0, code: answered.code ?? '', fingerprint: fingerprint256, headers: response.headers });
        });
      });
      asked.on('error', reject).end(text);
    });
  const logged: string[] = [];
  const log = createLog({ level: 'info', isTerminal: false, write: (line) => void logged.push(line) });
  return { api, send, renew: () => files.renew(api.server.server, log), logged, ends };
}

describe('the API over TLS', () => {
  it('proves who it is, and tells browsers to come no other way', async () => {
    const { send } = await start({ isClientAsked: false });
    const { status, headers } = await send('/-/healthy');
    expect([status, headers['strict-transport-security']]).toEqual([200, 'max-age=31536000']);
    await expect(send('/-/healthy', { ca: testAuthority(folder.path, 'other').pem })).rejects.toThrow(/unable to verify|self-signed/);
  });

  it('takes certificates that are exchanged while it runs, and keeps what it had where the new ones are wrong', async () => {
    const { send, renew, logged, ends } = await start();
    const before = (await send('/-/healthy')).fingerprint;
    const next = authority.sign('next', '/CN=localhost', { days: 2 });
    writeFileSync(server.certFile, next.cert);
    renew();
    expect((await send('/-/healthy')).fingerprint).toBe(before);
    expect(logged.join()).toContain('those before stay in use');
    writeFileSync(server.keyFile, next.key);
    renew();
    const after = (await send('/-/healthy')).fingerprint;
    expect(after).not.toBe(before);
    writeFileSync(server.certFile, 'no certificate');
    renew();
    writeFileSync(server.certFile, '');
    renew();
    expect((await send('/-/healthy')).fingerprint).toBe(after);
    expect(logged.join()).not.toContain('PRIVATE KEY');
    expect(ends).toEqual([server.cert, next.cert].map((pem) => Date.parse(new X509Certificate(pem).validTo)));
  });

  it('takes another authority of clients while it runs', async () => {
    const { send, renew } = await start();
    const root = authority.sign('root', '/CN=root');
    const agent = new Agent({ keepAlive: true });
    expect((await send('/api/v1/runs', { by: root, agent })).status).toBe(200);
    const other = testAuthority(folder.path, 'other');
    writeFileSync(authority.file, other.pem);
    renew();
    expect((await send('/api/v1/runs', { by: root })).status).toBe(401);
    // Nor over the connection that was open: it is gone.
    expect((await send('/api/v1/runs', { by: root, agent })).status).toBe(401);
    agent.destroy();
    expect((await send('/api/v1/runs', { by: other.sign('other-root', '/CN=root') })).status).toBe(200);
  });
});

describe('a client certificate', () => {
  it('gives the role of its subject', async () => {
    const { send, api } = await start();
    const alertmanager = authority.sign('am', '/CN=alertmanager/O=monitoring');
    const alice = authority.sign('alice', '/CN=alice/OU=on-call/OU=people');
    expect((await send('/api/v1/webhook', { by: alertmanager, body: bodyOf([anAlert]) })).status).toBe(202);
    expect((await send('/api/v1/runs', { by: alertmanager })).code).toBe('auth.forbidden');
    expect((await send('/api/v1/runs/i1-1/cancel', { by: alice, body: { reason: 'x' } })).status).toBe(202);
    expect((await send('/-/reload', { by: alice, body: {} })).code).toBe('auth.forbidden');
    expect(api.acts).toMatchObject([{ by: 'certificate:CN=alice,OU=on-call,OU=people' }]);
  });

  it('opens nothing where its subject has no role, or only a part of one, or looks like one', async () => {
    const { send } = await start();
    for (const [index, subject] of [
      '/CN=nobody',
      '/CN=alertmanager',
      '/CN=alertmanager/O=Monitoring',
      '/CN=x\\,OU=on-call',
      '/CN=OU=on-call',
      '/O=root',
      '/CN=root ',
    ].entries())
      expect([
        subject,
        (await send('/api/v1/webhook', { by: authority.sign(`c${index}`, subject), body: bodyOf([anAlert]) })).status,
      ]).toEqual([subject, 403]);
  });

  it('of another authority, or by itself, or that has expired is none', async () => {
    const { send } = await start();
    const other = testAuthority(folder.path, 'other');
    const strangers = [other.sign('stranger', '/CN=root'), authority.sign('old', '/CN=root', { days: -1 })];
    for (const by of strangers) expect((await send('/api/v1/runs', { by })).code).toBe('auth.missing');
  });

  it('is not asked where a header speaks: a wrong token is wrong, a right one counts', async () => {
    const { send } = await start();
    const root = authority.sign('root', '/CN=root');
    const alertmanager = authority.sign('am', '/CN=alertmanager/O=monitoring');
    expect((await send('/api/v1/runs', { by: root, headers: { authorization: 'Bearer wrong' } })).code).toBe('auth.invalid');
    expect((await send('/api/v1/runs', { by: alertmanager, headers: { authorization: 'Bearer admin-token' } })).status).toBe(200);
  });

  it('of a browser is not lent to other sites', async () => {
    const { send, api } = await start();
    const root = authority.sign('root', '/CN=root');
    const reload = async (headers: Record<string, string>) => await send('/-/reload', { by: root, body: {}, headers });
    expect((await reload({ origin: 'https://evil.example' })).code).toBe('request.cross-site');
    expect((await reload({ 'origin': 'null', 'sec-fetch-site': 'cross-site' })).code).toBe('request.cross-site');
    expect((await reload({ host: 'localhost:8443', origin: 'https://localhost:8443' })).status).toBe(200);
    expect(api.acts).toEqual([]);
  });

  it('may be needed for any connection at all', async () => {
    const { send } = await start({ needsCertificate: true });
    await expect(send('/-/healthy')).rejects.toThrow();
    await expect(send('/-/healthy', { by: testAuthority(folder.path, 'other').sign('stranger', '/CN=root') })).rejects.toThrow();
    expect((await send('/-/healthy', { by: authority.sign('nobody', '/CN=nobody') })).status).toBe(200);
  });
});

describe('files that do not fit', () => {
  it.each([
    ['a key of another certificate', () => writeFileSync(server.keyFile, authority.sign('x', '/CN=x').key)],
    ['no key', () => writeFileSync(server.keyFile, '')],
    ['no certificate', () => writeFileSync(server.certFile, 'hello')],
  ])('%s is told at the start', (_, spoil) => {
    spoil();
    const files = new TlsFiles({ cert: server.certFile, key: server.keyFile, needsCertificate: false }, () => undefined);
    expect(() => files.read()).toThrow(FixpointError);
    expect(() => files.read()).toThrow(/^tls: /);
  });

  it.each(['', '\n', 'hello'])(
    'an authority of clients that is %j is told at the start, and does not take the place of one that was there',
    async (text) => {
      const { send, renew } = await start();
      const root = authority.sign('root', '/CN=root');
      writeFileSync(authority.file, text);
      renew();
      expect((await send('/api/v1/runs', { by: root })).status).toBe(200);
      const files = new TlsFiles(
        { cert: server.certFile, key: server.keyFile, clientCa: authority.file, needsCertificate: false },
        () => undefined,
      );
      expect(() => files.read()).toThrow(/^tls: .*authority\.pem/);
    },
  );

  it('a file that is not there is told at the start', () => {
    const files = new TlsFiles({ cert: join(folder.path, 'none.pem'), key: server.keyFile, needsCertificate: false }, () => undefined);
    expect(() => files.read()).toThrow(/none\.pem/);
  });
});
