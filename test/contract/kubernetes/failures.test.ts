import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { FixpointError, type ErrorCode } from '../../../src/errors.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { clientOf, deployment, failureOf, signal } from './client.ts';
import { transcript, transcripts, type Exchange } from './recording.ts';
import { recorded, replay, type Answer } from './replay.ts';

const web = deployment('t02', 'web');
const failures = transcripts().flatMap(({ file, exchanges }) =>
  exchanges.flatMap((exchange, index) => (exchange.response.status >= 400 ? [{ where: `${file} exchange ${index}`, ...exchange }] : [])),
);

function expectedCode({ status, body }: Exchange['response']): ErrorCode {
  const reason = typeof body === 'object' && body !== null ? (body as { reason?: string }).reason : undefined;
  if (status === 500) return reason === undefined ? 'kubernetes.invalid' : 'kubernetes.unavailable';
  const codes: Readonly<Record<number, ErrorCode>> = {
    401: 'kubernetes.unauthorized',
    403: 'kubernetes.forbidden',
    404: 'kubernetes.not-found',
    409: 'kubernetes.conflict',
    429: JSON.stringify(body).includes('DisruptionBudget') ? 'kubernetes.budget-spent' : 'kubernetes.throttled',
    503: 'kubernetes.unavailable',
    504: 'kubernetes.unavailable',
  };
  return codes[status] ?? 'kubernetes.invalid';
}

describe('recorded failures', () => {
  it('are of every kind', () => {
    expect(failures.length).toBeGreaterThan(150);
    const statuses = new Set(failures.map(({ response }) => response.status));
    expect(statuses).toEqual(new Set([400, 401, 403, 404, 405, 406, 409, 410, 415, 422, 429, 500, 503, 504]));
  });

  it('each become their coded error, which holds no more of the body than a short message', async () => {
    let given: Answer = 'silence';
    await using api = await replay(() => given);
    const { reader } = clientOf(api.url);
    for (const { where, response } of failures) {
      given = response;
      const error = await failureOf(reader.get(web, signal()));
      expect(error.code, where).toBe(expectedCode(response));
      expect(error.message.length, where).toBeLessThan(550);
      expect(error.message, where).not.toMatch(/[\r\n]/);
      const body = typeof response.body === 'string' ? response.body.trim() : JSON.stringify(response.body);
      expect(inspect(error, { depth: 20 }), where).not.toContain(body);
      expect(Object.keys(error.details), where).not.toContain('details');
    }
  });

  it('429 and 504 tell how long to wait where the server did', async () => {
    const budget = failures.find(({ response }) => response.status === 429)?.response as Exchange['response'];
    const tooNew = failures.find(({ response }) => response.status === 504)?.response as Exchange['response'];
    // A budget that has just been made answers with a wait (fact 28).
    const made = { ...budget, headers: { ...budget.headers, 'retry-after': '10' } };
    for (const [response, wait] of [
      [budget, undefined],
      [made, 10],
      [tooNew, 1],
    ] as const) {
      await using api = await replay(() => response);
      const error = await failureOf(clientOf(api.url).reader.get(web, signal()));
      expect(error.retryable).toBe(true);
      expect(error.details['retryAfterSeconds']).toBe(wait);
    }
  });

  it.each([
    [
      'a page of a proxy',
      { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>token=abc</html>' },
      'kubernetes.unavailable',
    ],
    ['JSON that is no Status', { status: 403, headers: {}, body: { message: 'token=abc', reason: 'token=abc' } }, 'kubernetes.forbidden'],
    ['200 that is no JSON', { status: 200, headers: {}, body: 'token=abc' }, 'kubernetes.unavailable'],
    ['200 that is no object', { status: 200, headers: {}, body: ['token=abc'] }, 'kubernetes.unavailable'],
    ['200 without a body', { status: 200, headers: {}, body: null }, 'kubernetes.unavailable'],
    [
      'a Status with control characters',
      { status: 422, headers: {}, body: { kind: 'Status', reason: 'Invalid\ntoken=abc', message: 'x\r\ny' } },
      'kubernetes.invalid',
    ],
  ] as const)('%s is a coded error without the body', async (_name, answer, code) => {
    await using api = await replay(() => answer);
    const error = await failureOf(clientOf(api.url).reader.get(web, signal()));
    expect(error.code).toBe(code);
    expect(inspect(error, { depth: 20 }) + JSON.stringify(error)).not.toContain('abc');
    expect(error.message).not.toMatch(/[\r\n]/);
  });

  it.each([301, 302, 307, 308])('a redirect by %i is not followed', async (status) => {
    await using other = await replay(() => ({ status: 200, headers: {}, body: { metadata: {} } }));
    await using api = await replay(() => ({
      status,
      headers: { location: `${other.url}/apis/apps/v1/namespaces/t02/deployments/web` },
      body: null,
    }));
    const { reader, writer } = clientOf(api.url);
    expect((await failureOf(reader.get(web, signal()))).code).toBe('kubernetes.unavailable');
    expect((await failureOf(writer.patch({ ref: web, type: 'merge', body: {} }, signal()))).code).toBe('kubernetes.unavailable');
    expect(other.asked).toEqual([]);
  });
});

describe('connections', () => {
  it('a silent server ends at the signal, with its reason', async () => {
    await using api = await replay(() => 'silence');
    const controller = new AbortController();
    const reason = new FixpointError('timeout', 'the step took too long');
    const ended = clientOf(api.url)
      .reader.get(web, controller.signal)
      .catch((error: unknown) => error);
    await waitUntil(() => api.asked.length === 1, { describe: 'the request is there' });
    controller.abort(reason);
    expect(await ended).toBe(reason);
  });

  it('half an answer is kubernetes.unavailable', async () => {
    await using api = await replay(() => 'half');
    expect(await failureOf(clientOf(api.url).reader.get(web, signal()))).toMatchObject({ code: 'kubernetes.unavailable', retryable: true });
  });

  it('no server is kubernetes.unavailable', async () => {
    expect((await failureOf(clientOf('http://127.0.0.1:1').reader.get(web, signal()))).code).toBe('kubernetes.unavailable');
  });

  it('an unknown cluster is named', async () => {
    const error = await failureOf(clientOf('http://127.0.0.1:1').reader.get({ ...web, cluster: 'other' }, signal()));
    expect(error).toMatchObject({ code: 'kubernetes.invalid', message: 'no cluster is named other; there are default' });
  });

  it('hundreds of calls over TLS share their connections, and a new token is read after a 401', async () => {
    using folder = temporaryFolder();
    const at = (name: string) => join(folder.path, name);
    const made = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      at('key.pem'),
      '-out',
      at('cert.pem'),
    ];
    execFileSync('openssl', [...made, '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'], { stdio: 'pipe' });
    const denied = failures.find(({ response }) => response.status === 401)?.response as Exchange['response'];
    const answer = recorded(transcript('02-').exchanges);
    const tls = { key: readFileSync(at('key.pem'), 'utf8'), cert: readFileSync(at('cert.pem'), 'utf8') };
    await using api = await replay((asked) => (asked.headers['authorization'] === 'Bearer new' ? answer(asked) : denied), tls);
    const write = (token: string) => {
      const config = {
        'current-context': 'main',
        'clusters': [{ name: 'c', cluster: { 'server': api.url, 'certificate-authority': at('cert.pem') } }],
        'users': [{ name: 'u', user: { token } }],
        'contexts': [{ name: 'main', context: { cluster: 'c', user: 'u' } }],
      };
      writeFileSync(at('config'), JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...config }));
    };
    write('old-t0ken');
    const { reader } = clientOf({ kind: 'kubeconfig', file: at('config') });
    const refused = await failureOf(reader.getScale(web, signal()));
    expect(refused.code).toBe('kubernetes.unauthorized');
    expect(inspect(refused, { depth: 20 })).not.toContain('t0ken');
    write('new');
    const before = api.connections();
    for (let index = 0; index < 200; index++) await reader.getScale(web, signal());
    expect(api.asked).toHaveLength(201);
    expect(api.connections() - before).toBeLessThanOrEqual(4);
  });

  it('goes to the context that is named, and without one to the current one', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'config');
    const answer = recorded(transcript('02-').exchanges);
    await using east = await replay(answer);
    await using west = await replay(answer);
    const config = {
      'current-context': 'east',
      'clusters': Object.entries({ east, west }).map(([name, { url }]) => ({
        name,
        cluster: { 'server': url, 'insecure-skip-tls-verify': true },
      })),
      'users': [{ name: 'u', user: { token: 't' } }],
      'contexts': ['east', 'west'].map((name) => ({ name, context: { cluster: name, user: 'u' } })),
    };
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...config }));
    await clientOf({ kind: 'kubeconfig', file, context: 'west' }).reader.getScale(web, signal());
    expect([east.asked.length, west.asked.length]).toEqual([0, 1]);
    await clientOf({ kind: 'kubeconfig', file }).reader.getScale(web, signal());
    expect([east.asked.length, west.asked.length]).toEqual([1, 1]);
    const unknown = clientOf({ kind: 'kubeconfig', file, context: 'north' }).reader.getScale(web, signal());
    expect((await failureOf(unknown)).code).toBe('kubernetes.unavailable');
  });

  it('is waited for no longer than for an answer where a program gives it, which is not started again meanwhile', async () => {
    using folder = temporaryFolder();
    const [file, wait, starts] = ['config', 'wait', 'starts'].map((name) => join(folder.path, name)) as [string, string, string];
    await using api = await replay(recorded(transcript('02-').exchanges));
    const kind = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential' };
    // It ends when the test says so, at the latest when its folder is gone.
    const script = `while test -e ${wait}; do sleep 0.05; done; echo '${JSON.stringify({ ...kind, status: { token: 'given' } })}'`;
    const exec = { apiVersion: kind.apiVersion, command: 'sh', args: ['-c', `echo started >> ${starts}; ${script}`] };
    const config = {
      'current-context': 'main',
      'clusters': [{ name: 'c', cluster: { 'server': api.url, 'insecure-skip-tls-verify': true } }],
      'users': [{ name: 'u', user: { exec } }],
      'contexts': [{ name: 'main', context: { cluster: 'c', user: 'u' } }],
    };
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...config }));
    writeFileSync(wait, '');
    const { reader } = clientOf({ kind: 'kubeconfig', file });
    const leaving = new AbortController();
    const gone = [1, 2, 3].map(async () => await reader.getScale(web, leaving.signal).catch((error: unknown) => error));
    const waiting = [1, 2, 3].map(async () => await reader.getScale(web, signal()));
    await waitUntil(() => existsSync(starts), { describe: 'the program to run' });
    leaving.abort(new Error('nobody waits any more'));
    expect(new Set(await Promise.all(gone))).toEqual(new Set([new Error('nobody waits any more')]));
    expect(api.asked).toEqual([]);
    rmSync(wait);
    await Promise.all(waiting);
    expect(api.asked).toHaveLength(3);
    expect(readFileSync(starts, 'utf8')).toBe('started\n');
  });
});

describe('a cluster that is not configured to be reached', () => {
  it('says where a kubeconfig was looked for, and what to do', async () => {
    using home = temporaryFolder();
    vi.stubEnv('KUBECONFIG', '').stubEnv('HOME', home.path);
    try {
      const { reader } = clientOf({ kind: 'kubeconfig' });
      expect(await failureOf(reader.get(web, signal()))).toMatchObject({
        code: 'kubernetes.unavailable',
        message: expect.stringMatching(
          /no kubeconfig was found \(looked at KUBECONFIG, ~\/\.kube\/config and the account of a pod\): .* clusters\.default\.kubeconfig$/,
        ) as string,
      });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('says how a server without TLS is named', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'config');
    const [cluster, context] = [
      { name: 'c', cluster: { server: 'http://127.0.0.1:9' } },
      { name: 'x', context: { cluster: 'c', user: 'u' } },
    ];
    writeFileSync(
      file,
      JSON.stringify({ 'clusters': [cluster], 'contexts': [context], 'users': [{ name: 'u', user: {} }], 'current-context': 'x' }),
    );
    const { reader } = clientOf({ kind: 'kubeconfig', file });
    const { message } = await failureOf(reader.get(web, signal()));
    expect(message).toContain(
      'its kubeconfig names http://127.0.0.1:9, which is without TLS: name that address in fixpoint.yaml under clusters.default.server',
    );
  });
});
