import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testAuthority, type SignedCertificate, type TestAuthority } from '../support/auth/certificates.ts';
import { OidcTestIssuer } from '../support/auth/oidc-issuer.ts';
import { startFixpoint, type FixpointServer } from '../support/fixpoint.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { waitUntil } from '../support/wait-until.ts';
import { webhookBody, type RunView } from './api-client.ts';
import { startSandboxProcess } from './separate-platform.ts';

const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
let issuer: OidcTestIssuer;
let authority: TestAuthority;
let alertmanager: SignedCertificate;
let sandbox: Awaited<ReturnType<typeof startSandboxProcess>>;
let service: FixpointServer;

interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** Two of the sandbox's, and whose they are. */
const namespaces = { shop: 'default', bank: 'kube-system' };

/** A request over TLS: with a token, a certificate, or neither. */
async function ask<T = Record<string, unknown>>(
  path: string,
  {
    token,
    by,
    body,
    method = body === undefined ? 'GET' : 'POST',
  }: { token?: string; by?: SignedCertificate; body?: unknown; method?: string } = {},
): Promise<Answer<T>> {
  return await new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(text === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const credential = by === undefined ? {} : { cert: by.cert, key: by.key };
    const options = {
      host: '127.0.0.1',
      port: service.port,
      path,
      method,
      headers,
      ca: authority.pem,
      agent: false as const,
      timeout: 5000,
    };
    const asked = request({ ...options, ...credential }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => void chunks.push(chunk));
      response.on('end', () => {
        const answered = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, body: (answered === '' ? {} : JSON.parse(answered)) as T });
      });
    });
    asked.on('error', reject).end(text);
  });
}

async function inCluster<T>(path: string, body: object, method = 'POST'): Promise<T> {
  const headers = { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' };
  const response = await fetch(sandbox.addresses.kubernetesUrl + path, { method, headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

async function accountToken(namespace: string, name: string, audience: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  return (await inCluster<{ status: { token: string } }>(path, { spec: { audiences: [audience], expirationSeconds: 3600 } })).status.token;
}

const encoded = (text: string) => Buffer.from(text).toString('base64');

beforeAll(async () => {
  issuer = await OidcTestIssuer.start();
  authority = testAuthority(folder.path);
  const server = authority.sign('server', '/CN=localhost');
  alertmanager = authority.sign('alertmanager', '/CN=alertmanager');
  sandbox = await startSandboxProcess();
  await inCluster('/api/v1/namespaces/default/serviceaccounts', {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'watcher' },
  });
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'tokens', namespace: 'default' },
    data: { root: encoded('root-of-today-1') },
  };
  await inCluster('/api/v1/namespaces/default/secrets', secret);
  const deployment = (namespace: string) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'example/main:1' }] } },
    },
  });
  for (const namespace of Object.values(namespaces))
    await inCluster(`/apis/apps/v1/namespaces/${namespace}/deployments`, deployment(namespace));
  for (const name of ['rules', 'remediations']) mkdirSync(at(name));
  writeFileSync(
    at('rules/a.yaml'),
    `rules:${Object.entries(namespaces)
      .map(
        ([name, namespace]) => `
  - name: ${name}
    summary: s
    match: ['alertname="${name}"']
    mode: approve
    ladder: [{ remediation: scale, with: { namespace: ${namespace} } }]
    guards: { approval: { fourEyes: true } }
    verify: { within: 10s, checks: [rolloutComplete: {}] }`,
      )
      .join('')}\n`,
  );
  writeFileSync(
    at('remediations/scale.yaml'),
    "name: scale\nsummary: s\nparams: { namespace: { type: string, format: dns-label } }\nsteps: [ { id: a, action: kubernetes.scale, with: { kind: Deployment, namespace: '${params.namespace}', name: web, replicas: { exactly: 2 } } } ]\n",
  );
  writeFileSync(
    at('fixpoint.yaml'),
    `
auth:
  tokens: [{ name: root, role: admin, token: { kubernetes: default/tokens/root } }]
  oidc:
    corp: { issuer: '${issuer.url}', audience: fixpoint, roles: [{ value: shop, role: operator, namespaces: [${namespaces.shop}] }, { value: all, role: operator }] }
  kubernetes: { roles: [{ user: 'system:serviceaccount:default:watcher', role: viewer }] }
  certificates: [{ subject: { CN: alertmanager }, role: webhook }]
tls: { cert: '${server.certFile}', key: '${server.keyFile}', clientCa: '${authority.file}' }
sources: { default: { evidence: receipt } }
clusters: { default: { server: '${sandbox.addresses.kubernetesUrl}' } }
`,
  );
  const args = ['--config', at('fixpoint.yaml'), '--rules', at('rules'), '--remediations', at('remediations')];
  service = await startFixpoint({ args, authority: authority.pem });
});

afterAll(async () => {
  await service?.stop();
  await sandbox?.child.stop();
  await issuer?.[Symbol.asyncDispose]();
  folder.remove();
});

describe('a real service over TLS, with every way to say who one is', () => {
  it('lets each in by its own way, as far as its role goes', async () => {
    const firing = webhookBody([{ labels: { alertname: 'shop' } }, { labels: { alertname: 'bank' } }]);
    expect((await ask('/-/ready')).status).toBe(200);
    expect((await ask('/api/v1/runs')).body).toMatchObject({ code: 'auth.missing' });
    expect((await ask('/api/v1/webhook', { body: firing })).status).toBe(401);
    expect((await ask('/api/v1/webhook', { by: alertmanager, body: firing })).status).toBe(202);
    expect((await ask('/api/v1/runs', { by: alertmanager })).body).toMatchObject({ code: 'auth.forbidden' });
    expect((await ask('/api/v1/runs', { token: await accountToken('default', 'watcher', 'fixpoint') })).status).toBe(200);
    expect(
      (await ask('/api/v1/runs', { token: await accountToken('default', 'watcher', 'https://kubernetes.default.svc.cluster.local') })).body,
    ).toMatchObject({
      code: 'auth.invalid',
    });
    expect((await ask('/-/reload', { token: await issuer.token({ groups: ['all'] }), body: {} })).body).toMatchObject({
      code: 'auth.forbidden',
    });
    expect((await ask('/-/reload', { token: 'root-of-today-1', body: {} })).status).toBe(200);
  });

  it('lets an operator of shop approve what is about shop, and nothing else, and journals who did', async () => {
    const ann = await issuer.token({ sub: 'ann', groups: ['shop'] });
    const runOf = async (rule: string): Promise<RunView> => {
      const listed = await ask<{ runs: RunView[] }>(`/api/v1/runs?rule=${rule}`, { token: ann });
      const [run] = listed.body.runs;
      if (run === undefined) throw new Error(`no run of ${rule}`);
      return run;
    };
    for (const rule of ['shop', 'bank'])
      await waitUntil(async () => (await runOf(rule)).phase === 'awaiting-approval', {
        timeoutMs: 20_000,
        describe: `${rule} to be asked about`,
      });
    const { id: bank } = await runOf('bank');
    const { id: shop } = await runOf('shop');
    for (const act of ['approve', 'deny', 'cancel', 'acknowledge', 'undo'])
      expect([act, (await ask(`/api/v1/runs/${bank}/${act}`, { token: ann, body: { reason: 'mine' } })).body]).toMatchObject([
        act,
        { code: 'auth.forbidden' },
      ]);
    expect((await ask('/api/v1/pauses', { token: ann, body: { scope: 'global', reason: 'mine' } })).status).toBe(403);
    expect((await ask(`/api/v1/runs/${shop}/approve`, { token: ann, body: { reason: 'mine' } })).status).toBe(202);
    await waitUntil(async () => (await runOf('shop')).phase === 'succeeded', { timeoutMs: 30_000, describe: 'shop to be scaled' });
    expect((await runOf('bank')).phase).toBe('awaiting-approval');
    const { journal } = (await ask<{ journal: { type: string; data: object }[] }>(`/api/v1/runs/${shop}`, { token: ann })).body;
    expect(journal.find(({ type }) => type === 'approval-answered')?.data).toMatchObject({
      kind: 'approve',
      by: 'corp:ann',
      reason: 'mine',
    });
    expect(JSON.stringify((await ask(`/api/v1/runs/${bank}`, { token: ann })).body)).not.toContain('corp:ann');
  });

  it('follows a certificate, a key of the issuer and a Secret of Kubernetes that rotate, without a restart', async () => {
    const next = authority.sign('next', '/CN=localhost/O=next');
    writeFileSync(at('server.key'), next.key);
    writeFileSync(at('server.crt'), next.cert);
    await waitUntil(() => service.output().includes('the files of TLS have changed'), {
      timeoutMs: 10_000,
      describe: 'the new certificate',
    });
    expect((await ask('/-/ready')).status).toBe(200);

    await inCluster('/api/v1/namespaces/default/secrets/tokens', { data: { root: encoded('root-of-tomorrow') } }, 'PATCH');
    const isIn = async (token: string) => (await ask('/api/v1/runs', { token })).status === 200;
    await waitUntil(async () => await isIn('root-of-tomorrow'), { timeoutMs: 30_000, intervalMs: 500, describe: 'the rotated token' });
    expect(await isIn('root-of-today-1')).toBe(false);
  });
});
