import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkRedis } from '../../../src/adapters/redis/check-redis.ts';
import { makeCertificates, type Certificates } from '../../support/certificates.ts';
import { startOnStore } from '../../support/deploy/own-store-service.ts';
import { freePort } from '../../support/free-port.ts';
import { startRedis, type RedisServer } from '../../support/redis.ts';
import { startRedisSentinel } from '../../support/redis-sentinel.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

const root = new URL('../../../', import.meta.url).pathname;
const shipped = readFileSync(join(root, 'deploy/redis/users.acl'), 'utf8');

/** The commands that the shipped user may send, as `INFO commandstats` names them. */
const allowed = Array.from(shipped.matchAll(/ \+([a-z|]+)/g), ([, name = '']) => name);

/** What the scripts call: ours, and those of BullMQ for what we do with it. */
function calledByScripts(): ReadonlySet<string> {
  const own = join(root, 'src/adapters/redis/scripts');
  const bullmq = join(dirname(createRequire(import.meta.url).resolve('bullmq')), 'scripts');
  const used =
    /^(addDelayedJob|addPrioritizedJob|addStandardJob|moveToActive|moveToFinished|moveToDelayed|moveStalledJobsToWait|retryJob|extendLocks?)-\d+\.js$/;
  const texts = [
    ...readdirSync(own).map((name) => readFileSync(join(own, name), 'utf8')),
    ...readdirSync(bullmq)
      .filter((name) => used.test(name))
      .map((name) => readFileSync(join(bullmq, name), 'utf8')),
  ];
  expect(texts.length).toBeGreaterThan(50);
  const calls = texts.flatMap((text) =>
    Array.from(text.matchAll(/\b(?:redis\.p?call|rcall)\(\s*["']([A-Za-z]+)["'](?:,\s*["'](USAGE)["'])?/g), ([, name = '', sub]) =>
      `${name}${sub === undefined ? '' : `|${sub}`}`.toLowerCase(),
    ),
  );
  return new Set(calls);
}

describe('our own Redis over TLS, as the shipped user', { timeout: 120_000 }, () => {
  const folder = temporaryFolder();
  const password = 'geheim-7-of-the-store';
  let certificates: Certificates;
  let redis: RedisServer;
  let tlsPort: number;
  let admin: Redis;
  let platform: Awaited<ReturnType<typeof startOnStore>>;

  beforeAll(async () => {
    certificates = await makeCertificates(folder.path);
    tlsPort = await freePort();
    const acl = shipped.replace('#PASSWORD-SHA256', `#${createHash('sha256').update(password).digest('hex')}`);
    writeFileSync(join(folder.path, 'users.acl'), `${acl}user admin on >admin ~* &* +@all\n`);
    redis = await startRedis({
      persist: true,
      args: Object.entries({
        '--tls-port': String(tlsPort),
        '--tls-cert-file': certificates.certificate,
        '--tls-key-file': certificates.key,
        '--tls-ca-cert-file': certificates.ca,
        '--tls-auth-clients': 'no',
        '--aclfile': join(folder.path, 'users.acl'),
      }).flat(),
    });
    admin = new Redis({ port: redis.port, username: 'admin', password: 'admin' });
    const url = `rediss://fixpoint:${password}@127.0.0.1:${tlsPort}`;
    platform = await startOnStore({ redis: { file: 'redis-url' }, tls: { ca: certificates.ca } }, { 'redis-url': url });
  }, 60_000);

  afterAll(async () => {
    await platform?.stop();
    admin?.disconnect();
    await redis?.stop();
    folder.remove();
  });

  it('is not used where the server does not prove who it is, or nobody encrypts', async () => {
    const other = temporaryFolder();
    const stranger = await makeCertificates(other.path);
    const address = `rediss://fixpoint:${password}@127.0.0.1:${tlsPort}`;
    expect(await checkRedis({ address, ca: readFileSync(certificates.ca, 'utf8') })).toEqual([]);
    for (const place of [address, { address, ca: readFileSync(stranger.ca, 'utf8') }])
      expect(await checkRedis(place)).toEqual([
        { severity: 'warning', isAway: true, message: expect.stringMatching(/certificate|self.signed/) as string },
      ]);
    other.remove();
  });

  it('needs no right that the shipped user lacks, and uses each that it has', async () => {
    const { ask, alert, until, pause } = platform;
    const following = new AbortController();
    const events = await fetch(`${platform.service.url}/api/v1/events`, { signal: following.signal });
    await alert('model-pii-detect');
    await until('model-pii-detect', { kind: 'remediation', phase: 'succeeded' });
    await alert('model-pii-detect', 'resolved');
    await until('model-pii-detect', { kind: 'undo', phase: 'succeeded' });
    const id = await pause();
    await alert('model-hate-detect');
    await until('model-hate-detect', { kind: 'remediation', phase: 'waiting' });
    expect((await ask('DELETE', `/api/v1/pauses/${id}`)).status).toBe(204);
    await until('model-hate-detect', { kind: 'remediation', phase: 'succeeded' });
    for (const path of ['incidents', 'notifications', 'runs', 'rules', 'pauses'])
      expect((await ask('GET', `/api/v1/${path}`)).status, path).toBe(200);
    expect((await ask('GET', '/metrics')).status).toBe(200);
    expect(events.status).toBe(200);
    following.abort();
    // Its farewell is looked at, too.
    await platform.service.halt();

    const refused = (await admin.acl('LOG')) as readonly (readonly unknown[])[];
    expect(refused.map((entry) => entry.slice(0, 12).join(' '))).toEqual([]);
    const stats = await admin.info('commandstats');
    const called = new Set(Array.from(stats.matchAll(/^cmdstat_([a-z|]+):calls=[1-9]/gm), ([, name = '']) => name));
    const scripts = calledByScripts();
    expect([...scripts].filter((name) => !allowed.includes(name))).toEqual([]);
    expect(allowed.filter((name) => !called.has(name) && !scripts.has(name))).toEqual([]);
  });

  it('gives the shipped user nothing else: no other key, no other command', async () => {
    const user = new Redis({ port: redis.port, username: 'fixpoint', password });
    const refused = async (name: string, ...args: string[]) =>
      expect(await user.call(name, ...args).catch((error: Error) => error.message), name).toMatch(/^NOPERM/);
    await refused('GET', 'somebody-elses');
    await refused('SET', '{other}:key', '1');
    for (const [name, ...args] of [
      ['FLUSHALL'],
      ['CONFIG', 'SET', 'appendonly', 'no'],
      ['KEYS', '*'],
      ['ACL', 'LIST'],
      ['SHUTDOWN'],
      ['PUBLISH', 'a', 'b'],
      ['SCRIPT', 'FLUSH'],
      ['REPLICAOF', 'NO', 'ONE'],
    ] as const)
      await refused(name, ...args);
    user.disconnect();
  });
});

describe('our own Redis behind a sentinel', { timeout: 120_000 }, () => {
  it('fails over, and the service goes on with what it had', async () => {
    await using set = await startRedisSentinel({ args: ['--appendonly', 'yes'] });
    const platform = await startOnStore({ sentinel: { addresses: [set.address], master: 'main' } });
    try {
      const { alert, until, ask } = platform;
      await alert('model-pii-detect');
      await until('model-pii-detect', { kind: 'remediation', phase: 'succeeded' });
      await set.master.kill9();
      await alert('model-hate-detect');
      await until('model-hate-detect', { kind: 'remediation', phase: 'succeeded' });
      // What it had is there, and what waited for time goes on: the undo of the run from before.
      await until('model-pii-detect', { kind: 'remediation', phase: 'succeeded' });
      await alert('model-pii-detect', 'resolved');
      await until('model-pii-detect', { kind: 'undo', phase: 'succeeded' });
      await waitUntil(async () => (await ask('GET', '/-/ready')).status === 200, { describe: () => 'the service to be ready' });
    } finally {
      await platform.stop();
    }
  });
});
