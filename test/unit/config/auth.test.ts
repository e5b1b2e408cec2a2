import { describe, expect, it } from 'vitest';
import { hasIdentities } from '../../../src/config/auth-config.ts';
import { loadFrom } from './load-from.ts';

const digest = 'a'.repeat(64);
const problemsOf = (yaml: string, environment = {}) =>
  loadFrom({ yaml, environment: { X: 'hush-hush', ...environment } }).problems.join('\n');

describe('auth', () => {
  it('may be tokens by text or digest, issuers, a cluster, and certificates', () => {
    const { config, problems, folder } = loadFrom({
      environment: { X: 'hush-hush' },
      yaml: `
auth:
  tokens:
    - { name: ci, role: viewer, token: { env: X } }
    - { name: ann, role: operator, namespaces: [shop], hash: 'sha256:${digest}' }
  oidc:
    corp:
      issuer: https://login.example.com/realm
      audience: [fixpoint, other]
      username: email
      leeway: 10s
      ca: ca.pem
      roles: [{ value: platform, role: admin }, { claim: realm_access.roles, value: shop, role: operator, namespaces: [shop] }]
  kubernetes: { roles: [{ group: 'system:serviceaccounts:monitoring', role: webhook }] }
  certificates: [{ subject: { CN: am }, role: webhook }]
tls: { cert: tls.crt, key: tls.key, clientCa: ca.pem, clientCertificates: required }
`,
    });
    expect(problems).toEqual([]);
    expect(config?.auth).toMatchObject({
      tokens: [
        { name: 'ci', role: 'viewer' },
        { name: 'ann', role: 'operator', namespaces: ['shop'], sha256: Buffer.from(digest, 'hex') },
      ],
      oidc: [
        {
          name: 'corp',
          issuer: 'https://login.example.com/realm',
          audiences: ['fixpoint', 'other'],
          username: 'email',
          leeway: 10_000,
          ca: `${folder}/ca.pem`,
          grants: [
            { claim: 'groups', value: 'platform', role: 'admin' },
            { claim: 'realm_access.roles', value: 'shop', role: 'operator', namespaces: ['shop'] },
          ],
        },
      ],
      kubernetes: {
        cluster: 'default',
        audiences: ['fixpoint'],
        grants: [{ group: 'system:serviceaccounts:monitoring', role: 'webhook' }],
      },
      certificates: [{ subject: { CN: 'am' }, role: 'webhook' }],
    });
    expect(config?.tls).toEqual({
      cert: `${folder}/tls.crt`,
      key: `${folder}/tls.key`,
      clientCa: `${folder}/ca.pem`,
      needsCertificate: true,
    });
  });

  it.each([
    ['', false],
    ['auth: { tokens: [{ name: a, role: viewer, token: { env: X } }] }', true],
    ['auth: { oidc: { corp: { issuer: https://x, audience: a, roles: [{ value: v, role: viewer }] } } }', true],
    ['auth: { kubernetes: { roles: [{ user: u, role: viewer }] } }', true],
    ['auth: { certificates: [{ subject: { CN: a }, role: viewer }] }\ntls: { cert: c, key: k, clientCa: a }', true],
    ['sources: { a: { credentials: [{ bearer: { env: X } }] } }', false],
  ])('%j: people have names: %s', (yaml, have) => {
    const { config, problems } = loadFrom({ yaml, environment: { X: 'hush-hush' } });
    expect(problems).toEqual([]);
    expect(config !== undefined && hasIdentities(config.auth)).toBe(have);
  });

  it.each([
    ['auth: { tokens: [{ name: a, role: viewer }] }', 'expected one of token and hash'],
    [`auth: { tokens: [{ name: a, role: viewer, token: { env: X }, hash: 'sha256:${digest}' }] }`, 'expected one of token and hash'],
    ['auth: { tokens: [{ name: a, role: viewer, hash: hush-hush }] }', 'expected sha256: and 64 hexadecimal digits'],
    ['auth: { tokens: [{ name: a, role: viewer, token: hush-hush }] }', 'token'],
    ['auth: { tokens: [{ name: a, role: admin, namespaces: [shop], token: { env: X } }] }', 'namespaces limit operators'],
    ['auth: { tokens: [{ name: a, role: operator, namespaces: [], token: { env: X } }] }', 'namespaces'],
    ["auth: { tokens: [{ name: a, role: operator, namespaces: ['*'], token: { env: X } }] }", 'expected a namespace'],
    ['auth: { oidc: { corp: { issuer: http://login.example.com, audience: a, roles: [{ value: v, role: viewer }] } } }', 'expected https'],
    [
      'auth: { oidc: { corp: { issuer: http://127.0.0.1.example.com, audience: a, roles: [{ value: v, role: viewer }] } } }',
      'expected https',
    ],
    ['auth: { oidc: { corp: { issuer: https://u:p@x, audience: a, roles: [{ value: v, role: viewer }] } } }', 'without user and password'],
    ['auth: { oidc: { corp: { issuer: https://x, roles: [{ value: v, role: viewer }] } } }', 'audience'],
    ['auth: { oidc: { corp: { issuer: https://x, audience: a, roles: [] } } }', 'roles'],
    [
      'auth: { oidc: { corp: { issuer: https://x, audience: a, leeway: 10m, roles: [{ value: v, role: viewer }] } } }',
      'expected at most 5m',
    ],
    [
      'auth: { oidc: { kubernetes: { issuer: https://x, audience: a, roles: [{ value: v, role: viewer }] } } }',
      'expected another name than',
    ],
    ['auth: { oidc: { local: { issuer: https://x, audience: a, roles: [{ value: v, role: viewer }] } } }', 'expected another name than'],
    [
      'auth: { oidc: { a: { issuer: https://x, audience: a, roles: [{ value: v, role: viewer }] }, b: { issuer: https://x, audience: b, roles: [{ value: v, role: viewer }] } } }',
      'auth.oidc.b: a has the same issuer',
    ],
    ['auth: { kubernetes: { cluster: west, roles: [{ user: u, role: viewer }] } }', 'auth.kubernetes: there is no cluster named west'],
    ['auth: { kubernetes: { roles: [{ user: u, group: g, role: viewer }] } }', 'expected one of user and group'],
    ['auth: { kubernetes: { audiences: [], roles: [{ user: u, role: viewer }] } }', 'audiences'],
    ['auth: { certificates: [{ subject: { CN: a }, role: viewer }] }', 'only with tls.clientCa'],
    ['auth: { certificates: [{ subject: {}, role: viewer }] }\ntls: { cert: c, key: k, clientCa: a }', 'at least one attribute'],
    ['tls: { cert: c }', 'key'],
    ['tls: { cert: c, key: k, clientCertificates: required }', 'need clientCa'],
  ])('%j is told at the start', (yaml, why) => {
    const told = problemsOf(yaml);
    expect(told).toContain(why);
    expect(told).not.toContain('hush-hush\n');
  });
});
