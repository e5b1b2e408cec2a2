import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { examineIdentities } from '../../../src/app/doctor/examine-identities.ts';
import { diagnose } from '../../../src/app/doctor/diagnose.ts';
import type { Finding } from '../../../src/app/doctor/finding.ts';
import { connectOutside } from '../../../src/app/outside.ts';
import type { ClusterConfig, Config, OidcConfig } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createSandbox, type Sandbox } from '../../../src/sandbox/sandbox.ts';
import { quietLog } from '../../contract/quiet-log.ts';
import { OidcTestIssuer } from '../../support/auth/oidc-issuer.ts';
import { freePort } from '../../support/free-port.ts';
import { listening } from '../../support/listening.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
let sandbox: Sandbox;
let server = '';
let issuer: OidcTestIssuer;

beforeAll(async () => {
  sandbox = createSandbox({ speed: 50, wallNow: () => Date.now() });
  ({ kubernetesUrl: server } = await sandbox.listen());
});
beforeEach(async () => {
  issuer = await OidcTestIssuer.start();
  return async () => await issuer[Symbol.asyncDispose]();
});
afterAll(async () => {
  await sandbox.close();
  folder.remove();
});

function configOf({ oidc = [], at }: { oidc?: readonly Partial<OidcConfig>[]; at?: string }): Config {
  const given = loadConfig({ rules: folder.path, remediations: folder.path }, {});
  const whole = { name: 'corp', issuer: issuer.url, audiences: ['fixpoint'], username: 'sub', leeway: 30_000, grants: [] };
  const clusters: ReadonlyMap<string, ClusterConfig> =
    at === undefined ? new Map() : new Map([['default', { kind: 'server', server: at }]]);
  const kubernetes = at === undefined ? {} : { kubernetes: { cluster: 'default', audiences: ['fixpoint'], grants: [] } };
  return { ...given, clusters, auth: { ...given.auth, oidc: oidc.map((one) => ({ ...whole, ...one })), ...kubernetes } };
}

async function found(config: Config): Promise<readonly Finding[]> {
  const outside = connectOutside(config, { clock: systemClock(), log: quietLog });
  try {
    return await examineIdentities({ config, clusters: outside.clusters, signal: AbortSignal.timeout(20_000) });
  } finally {
    await outside.close();
  }
}

describe('who tells whose a token is', () => {
  it('is asked by the doctor, and well when it answers', async () => {
    const findings = await diagnose(configOf({ oidc: [{}], at: server }), { isSandbox: false });
    expect(findings.filter(({ area }) => area === 'auth')).toEqual([
      { area: 'auth', about: 'auth.oidc.corp', verdict: 'ok', message: 'tells its keys, of which there are 1' },
      { area: 'auth', about: 'auth.kubernetes', verdict: 'ok', message: 'cluster default tells whose a token is' },
    ]);
  });

  it('is not asked where nobody is configured', async () => {
    expect(await found(configOf({}))).toEqual([]);
  });

  it('each by itself: an issuer that is away, is another, has no keys, or whose authorities are missing', async () => {
    issuer.answers.set('/keys', { status: 200, body: '{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}' });
    const away = `http://127.0.0.1:${await freePort()}`;
    const oidc = [
      { name: 'away', issuer: away },
      { name: 'other', issuer: `${issuer.url}/` },
      { name: 'keyless' },
      { name: 'ca', ca: '/nowhere.pem' },
    ];
    const findings = await found(configOf({ oidc, at: away }));
    const problem = (about: string, message: string) => ({
      area: 'auth',
      about,
      verdict: 'problem',
      message: expect.stringContaining(message) as string,
      fix: expect.any(String) as string,
    });
    expect(findings).toEqual([
      problem('auth.oidc.away', 'ECONNREFUSED'),
      problem('auth.oidc.other', `it says that it is "${issuer.url}"`),
      problem('auth.oidc.keyless', 'has no key'),
      problem('auth.oidc.ca', 'its authorities cannot be read: ENOENT'),
      problem('auth.kubernetes', 'the cluster does not tell whose a token is'),
    ]);
  });

  it('says yes to nobody: a cluster that does is a problem', async () => {
    await using yes = await listening((_request, response) => {
      const status = { authenticated: true, user: { username: 'anybody' }, audiences: ['fixpoint'] };
      response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ status }));
    });
    expect(await found(configOf({ at: yes.origin }))).toMatchObject([
      { about: 'auth.kubernetes', verdict: 'problem', message: "cluster default says that a made-up token is kubernetes:anybody's" },
    ]);
  });

  it('in bounded time, although it never answers', async () => {
    await using silent = await listening(() => {});
    expect(await found(configOf({ oidc: [{ issuer: silent.origin }], at: silent.origin }))).toMatchObject([
      { about: 'auth.oidc.corp', verdict: 'problem', message: expect.stringContaining('no answer within') as string },
      { about: 'auth.kubernetes', verdict: 'problem', message: 'the cluster does not tell whose a token is: no answer within 5000 ms' },
    ]);
  });
});
