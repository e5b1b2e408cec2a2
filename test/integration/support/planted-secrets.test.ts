import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { plantSecrets } from '../../support/secrets/planted-configuration.ts';
import { SecretWatch } from '../../support/secrets/secret-watch.ts';
import { startFixpoint } from '../../support/fixpoint.ts';
import { startPostgres } from '../../support/postgres.ts';
import { startRedis } from '../../support/redis.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

const entry = ['test/integration/support/stand-in-leaky-service.ts'];

describe('a service that is started in a test', () => {
  it('may be stopped when its secrets have turned up nowhere', async () => {
    const service = await startFixpoint({ entry });
    expect(service.watched).toEqual(
      expect.arrayContaining(['the environment', 'FIXPOINT_TOKEN', 'secrets.planted', 'http.planted.headers']),
    );
    await (await fetch(`${service.url}/any`)).text();
    await service.stop();
  });

  it.each([
    ['log', 'what it wrote'],
    ['error', 'what it wrote'],
    ['two pieces', 'what it wrote'],
    ['file', 'journal.db'],
    ['base64 file', 'record.json'],
    ['answer', 'its answers'],
    ['header', 'its answers'],
    ['set header', 'its answers'],
    ['stream', 'its answers'],
  ])('cannot be stopped in good order when one is in its %s', async (leak, where) => {
    const service = await startFixpoint({ entry, env: { LEAKS: leak } });
    await (await fetch(`${service.url}/any`, { redirect: 'manual' })).text();
    if (leak === 'two pieces') await waitUntil(() => /[0-9a-f]{24}$/.test(service.output()), { describe: 'the second piece' });
    const error: unknown = await service.stop().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toMatch(new RegExp(`FIXPOINT_TOKEN is in .*${where}`));
    expect(String(error)).not.toMatch(/planted[a-z]*[0-9a-f]{24}/);
  });

  it('cannot be when it was killed in between, or when the secret was in its Redis', async () => {
    const killed = await startFixpoint({ entry, env: { LEAKS: 'log' } });
    await killed.kill9();
    await expect(killed.stop()).rejects.toThrow('FIXPOINT_TOKEN is in what it wrote');

    await using redis = await startRedis();
    const service = await startFixpoint({ entry, args: ['--redis', redis.url], env: { FIXPOINT_TOKEN: 'a-token-of-the-test' } });
    const client = new Redis(redis.url);
    await client.hset('run:1', { record: '{"token":"a-token-of-the-test"}' });
    await client.quit();
    await expect(service.stop()).rejects.toThrow('FIXPOINT_TOKEN is in key run:1 of its Redis');
  });

  it('cannot be when the secret was in its history', async () => {
    using folder = temporaryFolder();
    await using postgres = await startPostgres();
    const config = join(folder.path, 'fixpoint.yaml');
    writeFileSync(config, `history: { postgres: { url: '${postgres.url}' } }\n`);
    const service = await startFixpoint({ entry, args: ['--config', config], env: { FIXPOINT_TOKEN: 'a-token-of-the-test' } });
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    await client.query(
      'CREATE TABLE fixpoint_entries (data text); INSERT INTO fixpoint_entries VALUES (\'{"token":"a-token-of-the-test"}\')',
    );
    await client.end();
    await expect(service.stop()).rejects.toThrow('FIXPOINT_TOKEN is in table fixpoint_entries of its history');
  });

  it('is watched for the secrets of its own configuration, in files and in the environment', async () => {
    using folder = temporaryFolder();
    const config = join(folder.path, 'fixpoint.yaml');
    writeFileSync(join(folder.path, 'secret'), 'text of a file\n');
    writeFileSync(config, 'secrets: { a: { env: OWN_SECRET }, b: { file: secret } }\npause: { file: none }\n');
    const service = await startFixpoint({ entry, args: ['--config', config], env: { LEAKS: 'own log', OWN_SECRET: 'text of a test' } });
    expect(service.watched).toEqual(expect.arrayContaining(['secrets.a', 'secrets.b']));
    await expect(service.stop()).rejects.toThrow('secrets.a is in what it wrote');
  });
});

describe('what is watched for', () => {
  const watch = (text: string, seen: string): (() => void) => {
    const watching = new SecretWatch();
    watching.add('place', text);
    watching.look('here', seen);
    return () => watching.assertNothingFound();
  };

  it.each([
    ['as it is', 'pass word/+1', 'x pass word/+1 y'],
    ['in an address', 'pass word/+1', '?token=pass%20word%2F%2B1&'],
    ['in JSON', 'pass"word1', '{"a":"pass\\"word1"}'],
    ['in hexadecimal', 'password1', `\\x${Buffer.from('password1').toString('hex')}`],
    ...[0, 1, 2, 3, 4].map((before) => [
      `in base64 after ${before} bytes`,
      'a-long-password-1',
      Buffer.from(`${'u'.repeat(before)}a-long-password-1:and more`).toString('base64'),
    ]),
  ])('%s is found', (_, text = '', seen = '') => expect(watch(text, seen)).toThrow('place is in here'));

  it('is nothing else, and no text so short that it turns up by chance', () => {
    expect(watch('pass word/+1', 'pass word')).not.toThrow();
    expect(watch('short', 'short')).not.toThrow();
  });

  it('includes the password of an address on the command line, and files beside the configuration are no secrets', () => {
    using folder = temporaryFolder();
    const watching = new SecretWatch();
    const { args, env } = plantSecrets({ args: ['--redis', 'redis://:hush-hush-1@127.0.0.1:1'], env: {}, folder: folder.path }, watching);
    expect(args).toEqual(['--redis', 'redis://:hush-hush-1@127.0.0.1:1', '--config', expect.stringContaining(folder.path)]);
    expect(Object.values(env).every((text) => text.startsWith('planted'))).toBe(true);
    expect(watching.places).toContain('an address on the command line');
  });
});
