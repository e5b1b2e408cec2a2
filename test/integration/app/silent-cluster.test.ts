import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startChild } from '../../support/child-process.ts';
import { startFixpoint } from '../../support/fixpoint.ts';
import { freePort } from '../../support/free-port.ts';
import { listening } from '../../support/listening.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const followParent = new URL('../../../scripts/setup/follow-parent.mjs', import.meta.url).href;

it('a Kubernetes API that never answers at the start does not keep the service from starting, which says whose secret it lacks, and takes it when it comes', async () => {
  using folder = temporaryFolder();
  const token = 'geheim-of-the-cluster';
  let isSilent = true;
  await using cluster = await listening((request, response) => {
    if (isSilent) return;
    const found = request.url === '/api/v1/namespaces/fixpoint/secrets/tokens';
    const body = found
      ? {
          kind: 'Secret',
          data: { ci: Buffer.from(token).toString('base64'), am: Buffer.from('geheim-of-alertmanager').toString('base64') },
        }
      : { kind: 'Status', code: 404 };
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  const config = join(folder.path, 'fixpoint.yaml');
  const tokens = [{ name: 'ci', role: 'viewer', token: { kubernetes: 'fixpoint/tokens/ci' } }];
  writeFileSync(
    config,
    JSON.stringify({
      clusters: { default: { server: cluster.origin } },
      auth: { tokens },
      sources: { default: { credentials: [{ bearer: { kubernetes: 'fixpoint/tokens/am' } }] } },
    }),
  );
  await using service = await startFixpoint({ args: ['--config', config] });
  const status = async () => (await fetch(`${service.url}/api/v1/runs`, { headers: { authorization: `Bearer ${token}` } })).status;
  const warning =
    service
      .output()
      .split('\n')
      .find((line) => line.includes('a secret could not be read from Kubernetes') && line.includes('key ci')) ?? '{}';
  expect(JSON.parse(warning)).toMatchObject({
    secret: 'key ci of the Kubernetes Secret fixpoint/tokens',
    reason: 'cluster default does not answer within 5000 ms',
    isKnown: false,
  });
  expect(await status()).toBe(401);
  const deliver = async () =>
    (
      await fetch(`${service.url}/api/v1/webhook/default`, {
        method: 'POST',
        headers: { 'authorization': 'Bearer geheim-of-alertmanager', 'content-type': 'application/json' },
        body: JSON.stringify({ version: '4', alerts: [] }),
      })
    ).status;
  // Alertmanager sends it again.
  expect(await deliver()).toBe(503);
  isSilent = false;
  await waitUntil(async () => (await status()) === 200 && (await deliver()) === 202, {
    timeoutMs: 30_000,
    describe: () => `the secrets to be in use:\n${service.output()}`,
  });
}, 60_000);

it('a stop that is asked for while the service starts comes as soon as it has, in good order', async () => {
  using folder = temporaryFolder();
  let asked = 0;
  await using cluster = await listening(() => void (asked += 1));
  const config = join(folder.path, 'fixpoint.yaml');
  const tokens = [{ name: 'ci', role: 'viewer', token: { kubernetes: 'fixpoint/tokens/ci' } }];
  writeFileSync(config, JSON.stringify({ clusters: { default: { server: cluster.origin } }, auth: { tokens } }));
  const data = join(folder.path, 'data');
  const child = startChild({
    command: process.execPath,
    args: [
      '--import',
      followParent,
      'src/main.ts',
      'serve',
      '--listen',
      `127.0.0.1:${await freePort()}`,
      '--data',
      data,
      '--config',
      config,
    ],
    cwd: root,
    hasChannel: true,
  });
  try {
    await waitUntil(() => asked > 0 || !child.isRunning(), { timeoutMs: 20_000, describe: () => `it to ask:\n${child.output()}` });
    child.signal('SIGTERM');
    await waitUntil(() => !child.isRunning(), { timeoutMs: 25_000, describe: () => `it to end:\n${child.output()}` });
    expect(await child.ended).toBe(0);
    expect(child.output()).toContain('SIGTERM: stopping');
    // Its Redis is gone with it.
    expect(existsSync(join(data, 'redis.json'))).toBe(false);
  } finally {
    await child.kill9();
  }
}, 60_000);
