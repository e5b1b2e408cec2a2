import { createHmac, createPublicKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportSPKI, generateKeyPair, importJWK, SignJWT, type CryptoKey } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OidcIssuer } from '../../../src/adapters/oidc/oidc-issuer.ts';
import type { OidcConfig } from '../../../src/config/config.ts';
import { codeOf, messageOf } from '../../../src/errors.ts';
import { OidcTestIssuer } from '../../support/auth/oidc-issuer.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

let issuer: OidcTestIssuer;
let now = Date.now();
const clock = { now: () => now };

beforeEach(async () => {
  now = Date.now();
  issuer = await OidcTestIssuer.start();
});
afterEach(async () => await issuer[Symbol.asyncDispose]());

function authenticator(changes: Partial<OidcConfig> = {}): OidcIssuer {
  const grants = [
    { claim: 'groups', value: 'platform', role: 'admin' },
    { claim: 'groups', value: 'shop', role: 'operator', namespaces: ['shop'] },
    { claim: 'groups', value: 'shop-eu', role: 'operator', namespaces: ['shop-eu'] },
    { claim: 'realm_access.roles', value: 'look', role: 'viewer' },
    { claim: 'https://example.com/roles', value: 'look', role: 'viewer' },
  ] as const;
  const config = { name: 'corp', issuer: issuer.url, audiences: ['fixpoint'], username: 'sub', leeway: 30_000, grants, ...changes };
  return new OidcIssuer(config, { clock });
}

/** The identity's name and standing, or the code and reason of the refusal. */
async function outcome(token: string, from: OidcIssuer = authenticator()): Promise<unknown> {
  try {
    const identity = await from.identify(token);
    return identity === undefined ? 'not ours' : { name: identity.name, ...identity.standing };
  } catch (error) {
    return `${codeOf(error)}: ${messageOf(error)}`;
  }
}

const encode = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

describe('a token of the issuer', () => {
  it.each(['ES256', 'RS256', 'PS256', 'EdDSA'])('is taken when it is signed by %s', async (alg) => {
    await issuer.addKey(alg);
    expect(await outcome(await issuer.token({ groups: ['platform'] }))).toEqual({ name: 'corp:alice', role: 'admin' });
  });

  it.each([
    [{ groups: ['shop'] }, { role: 'operator', namespaces: ['shop'] }],
    [{ groups: ['shop', 'shop-eu'] }, { role: 'operator', namespaces: ['shop', 'shop-eu'] }],
    [{ groups: ['shop', 'platform'] }, { role: 'admin' }],
    [{ groups: 'platform' }, { role: 'admin' }],
    [{ realm_access: { roles: ['look'] } }, { role: 'viewer' }],
    [{ 'https://example.com/roles': ['look'] }, { role: 'viewer' }],
    [{ groups: ['platforms', 'Platform', 'platform '] }, {}],
    [{ groups: { platform: true } }, {}],
    [{ groups: [['platform']] }, {}],
    [{}, {}],
  ])('with %j gives %j', async (claims, standing) => {
    expect(await outcome(await issuer.token(claims))).toEqual({ name: 'corp:alice', ...standing });
  });

  it('names the user by the claim that is configured', async () => {
    const by = (username: string) => authenticator({ username });
    expect(await outcome(await issuer.token({ preferred_username: 'al' }), by('preferred_username'))).toEqual({ name: 'corp:al' });
    expect(await outcome(await issuer.token({ email: 'a@x.org', email_verified: true }), by('email'))).toEqual({ name: 'corp:a@x.org' });
    for (const claims of [{ email: 'a@x.org' }, { email: 'a@x.org', email_verified: false }, { email: 'a@x.org', email_verified: 'true' }])
      expect(await outcome(await issuer.token(claims), by('email'))).toContain(
        'auth.invalid: the token does not say that its email is verified',
      );
    for (const sub of ['', 'a\u0000b', 'a\u202eb', 'x'.repeat(257)])
      expect(await outcome(await issuer.token({ sub }))).toContain('auth.invalid');
  });

  it('gives a role by its email only where that is verified, whatever names the user', async () => {
    const given = authenticator({ grants: [{ claim: 'email', value: 'a@x.org', role: 'admin' }] });
    const verified = { email: 'a@x.org', email_verified: true };
    expect(await outcome(await issuer.token(verified), given)).toEqual({ name: 'corp:alice', role: 'admin' });
    for (const claims of [{ email: 'a@x.org' }, { ...verified, email_verified: false }, { ...verified, email_verified: 'true' }])
      expect(await outcome(await issuer.token(claims), given)).toEqual({ name: 'corp:alice' });
  });

  it('may be for several audiences, one of them ours', async () => {
    expect(await outcome(await issuer.token({ aud: ['other', 'fixpoint'] }))).toEqual({ name: 'corp:alice' });
  });

  it('is good within the leeway, and not beyond it', async () => {
    const at = Math.floor(now / 1000);
    const given = authenticator();
    expect(await outcome(await issuer.token({ exp: at - 20 }), given)).toEqual({ name: 'corp:alice' });
    expect(await outcome(await issuer.token({ nbf: at + 20 }), given)).toEqual({ name: 'corp:alice' });
    expect(await outcome(await issuer.token({ exp: at - 40 }), given)).toBe('auth.invalid: the token is not valid: it has expired');
    expect(await outcome(await issuer.token({ nbf: at + 40 }), given)).toBe('auth.invalid: the token is not valid: it is not valid yet');
  });
});

describe('a forged token', () => {
  it('for another audience, without an end, or with an end that is no number is refused', async () => {
    expect(await outcome(await issuer.token({ aud: 'other' }))).toBe('auth.invalid: the token is not valid: it is for another audience');
    expect(await outcome(await issuer.token({ aud: undefined }))).toContain('another audience');
    expect(await outcome(await issuer.token({ exp: undefined }))).toContain('its claim exp is missing or wrong');
    expect(await outcome(await issuer.token({ exp: '9999999999' as never }))).toContain('auth.invalid');
  });

  it('without a signature is refused: alg none, in any spelling', async () => {
    const [, payload = ''] = (await issuer.token({ groups: ['platform'] })).split('.');
    for (const alg of ['none', 'None', 'nOnE', '', null, 0])
      for (const signature of ['', 'AA']) {
        const told = await outcome(`${encode({ alg, kid: issuer.key.kid })}.${payload}.${signature}`);
        expect(told).toMatch(/^auth\.invalid: the token is not valid: /);
      }
  });

  it('that takes the public key for a shared one (HS256) is refused', async () => {
    await issuer.addKey('RS256');
    const [, payload = ''] = (await issuer.token({ groups: ['platform'] })).split('.');
    const jwk = issuer.key.public;
    const spki = await exportSPKI((await importJWK({ ...jwk, ext: true }, 'RS256', { extractable: true })) as CryptoKey);
    const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
    for (const secret of [spki, String(pem), JSON.stringify(jwk), String(jwk.n)]) {
      const head = `${encode({ alg: 'HS256', kid: issuer.key.kid })}.${payload}`;
      const token = `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`;
      expect(await outcome(token)).toContain('auth.invalid: the token is not valid: it is signed by another algorithm');
    }
  });

  it('that brings its own key, or says where one is, is refused, and nobody is asked there', async () => {
    await using own = await OidcTestIssuer.start();
    const { key } = own;
    const payload = { iss: issuer.url, aud: 'fixpoint', sub: 'mallory', groups: ['platform'], exp: Math.floor(now / 1000) + 60 };
    for (const header of [
      { jwk: key.public },
      { jku: `${own.url}/keys` },
      { x5u: `${own.url}/keys` },
      { kid: issuer.key.kid },
      { kid: key.kid },
    ]) {
      const token = await new SignJWT(payload).setProtectedHeader({ alg: key.alg, ...header }).sign(key.private);
      expect(await outcome(token)).toContain('auth.invalid');
    }
    expect(own.asked).toEqual([]);
  });

  it('whose payload or head was changed afterwards is refused', async () => {
    const [head = '', , signature = ''] = (await issuer.token({ groups: [] })).split('.');
    const payload = encode({ iss: issuer.url, aud: 'fixpoint', sub: 'alice', groups: ['platform'], exp: Math.floor(now / 1000) + 60 });
    expect(await outcome(`${head}.${payload}.${signature}`)).toContain('its signature cannot be verified');
    const token = await issuer.token({ groups: ['platform'] });
    const critical = `${encode({ alg: 'ES256', kid: issuer.key.kid, crit: ['x'], x: 1 })}.${token.split('.').slice(1).join('.')}`;
    expect(await outcome(critical)).toContain('auth.invalid');
  });

  it('of another issuer, or that is no signed JWT at all, is not looked at', async () => {
    const other = await OidcTestIssuer.start();
    const given = authenticator();
    const nested = `${'['.repeat(5000)}${']'.repeat(5000)}`;
    const tokens = [
      await other.token(),
      'opaque',
      'a.b',
      'a.b.c',
      '..',
      'a.b.c.d.e',
      `${encode('{}')}.${encode(nested)}.x`,
      `${encode({ alg: 'ES256' })}.${encode({ iss: issuer.url })}.${'A'.repeat(20_000)}`,
    ];
    for (const token of tokens) expect(await outcome(token, given)).toBe('not ours');
    expect(issuer.asked).toEqual([]);
    await other[Symbol.asyncDispose]();
  });
});

describe('keys', () => {
  const keys = () => issuer.asked.filter((path) => path === '/keys').length;

  it('are asked for once, and again when they are ten minutes old', async () => {
    const given = authenticator();
    const many = await Promise.all(Array.from({ length: 20 }, async () => await outcome(await issuer.token(), given)));
    expect(new Set(many.map((each) => JSON.stringify(each)))).toEqual(new Set(['{"name":"corp:alice"}']));
    expect(keys()).toBe(1);
    now += 601_000;
    await outcome(await issuer.token({}, { now }), given);
    expect(keys()).toBe(2);
  });

  it('rotate: a key that is not known is asked for, an old one is no longer taken', async () => {
    const given = authenticator();
    const old = issuer.key;
    await outcome(await issuer.token(), given);
    await issuer.addKey();
    now += 31_000;
    expect(await outcome(await issuer.token({}, { now }), given)).toEqual({ name: 'corp:alice' });
    expect(keys()).toBe(2);
    issuer.retireOldKeys();
    now += 601_000;
    expect(await outcome(await issuer.token({}, { now, key: old }), given)).toContain('its issuer has no such key');
  });

  it('that nobody has are asked for twice a minute at most, however many tokens name them', async () => {
    const given = authenticator();
    const { privateKey } = await generateKeyPair('ES256');
    const flood = await Promise.all(
      Array.from(
        { length: 100 },
        async (_, index) => await issuer.token({}, { key: { ...issuer.key, kid: `made-up-${index}`, private: privateKey } }),
      ),
    );
    for (const token of flood) expect(await outcome(token, given)).toContain('its issuer has no such key');
    expect(keys()).toBe(1);
    now += 31_000;
    for (const token of flood.slice(0, 50)) expect(await outcome(token, given)).toContain('auth.invalid');
    expect(keys()).toBe(2);
    expect(await outcome(await issuer.token({}, { now }), given)).toEqual({ name: 'corp:alice' });
  });

  it('that are shared or too weak are not taken', async () => {
    const secret = Buffer.alloc(32, 7);
    const weak = createPublicKey({
      key: { kty: 'RSA', n: Buffer.alloc(128, 0xfd).toString('base64url'), e: 'AQAB' },
      format: 'jwk',
    }).export({ format: 'jwk' });
    const set = [
      { kty: 'oct', k: secret.toString('base64url'), kid: 's' },
      { ...weak, kid: 'w', alg: 'RS256' },
      null,
      'x',
      { kty: 'RSA', kid: 'b' },
    ];
    issuer.answers.set('/keys', { status: 200, body: JSON.stringify({ keys: set }) });
    const payload = encode({ iss: issuer.url, aud: 'fixpoint', sub: 'mallory', exp: Math.floor(now / 1000) + 60 });
    const shared = `${encode({ alg: 'HS256', kid: 's' })}.${payload}`;
    const tokens = [
      `${shared}.${createHmac('sha256', secret).update(shared).digest('base64url')}`,
      `${encode({ alg: 'RS256', kid: 'w' })}.${payload}.${encode('x'.repeat(128))}`,
      `${encode({ alg: 'RS256', kid: 'b' })}.${payload}.${encode('x'.repeat(128))}`,
    ];
    for (const token of tokens) expect(await outcome(token)).toContain('auth.invalid');
  });
});

describe('an issuer that cannot be asked', () => {
  const discovery = '/.well-known/openid-configuration';

  it('vouches for nobody: 503, asked again after five seconds, and good again by itself', async () => {
    const given = authenticator();
    issuer.answers.set(discovery, { status: 500, body: '{}' });
    for (let tries = 0; tries < 5; tries += 1)
      expect(await outcome(await issuer.token(), given)).toContain('auth.unavailable: issuer http');
    expect(issuer.asked).toHaveLength(1);
    issuer.answers.clear();
    now += 5001;
    expect(await outcome(await issuer.token(), given)).toEqual({ name: 'corp:alice' });
  });

  it('because the file of its authorities is not there keeps nobody else out, and is asked once it is', async () => {
    using folder = temporaryFolder();
    const given = authenticator({ ca: join(folder.path, 'ca.pem') });
    expect(await outcome(await issuer.token(), given)).toContain(
      `auth.unavailable: issuer ${issuer.url}: its authorities cannot be read: ENOENT`,
    );
    expect(await outcome(await issuer.token({ iss: 'https://another.example' }), given)).toBe('not ours');
    writeFileSync(join(folder.path, 'ca.pem'), '');
    now += 5001;
    expect(await outcome(await issuer.token(), given)).toEqual({ name: 'corp:alice' });
  });

  it('keeps its known keys good for as long as they are, and none after that', async () => {
    const given = authenticator();
    await outcome(await issuer.token(), given);
    issuer.answers.set('/keys', { status: 503, body: '' });
    now += 300_000;
    expect(await outcome(await issuer.token({}, { now }), given)).toEqual({ name: 'corp:alice' });
    now += 301_000;
    expect(await outcome(await issuer.token({}, { now }), given)).toContain('auth.unavailable');
  });

  it.each([
    ['another issuer', { issuer: 'https://evil.example' }],
    ['keys that are not reached safely', { jwks_uri: 'ftp://x/keys' }],
    ['no keys', { jwks_uri: undefined }],
  ])('by saying %s is not believed', async (_, changes) => {
    const body = JSON.stringify({ issuer: issuer.url, jwks_uri: `${issuer.url}/keys`, ...changes });
    issuer.answers.set(discovery, { status: 200, body });
    expect(await outcome(await issuer.token())).toContain('auth.unavailable');
  });

  it.each([
    ['no JSON', 'keys!'],
    ['a list', '[]'],
    ['no list of keys', '{"keys":{}}'],
    ['more than a megabyte', JSON.stringify({ keys: ['x'.repeat(1_100_000)] })],
  ])('by answering %s where its keys are vouches for nobody', async (_, body) => {
    issuer.answers.set('/keys', { status: 200, body });
    expect(await outcome(await issuer.token())).toContain('auth.unavailable');
  });
});
