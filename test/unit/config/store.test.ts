import { describe, expect, it } from 'vitest';
import { redisPlace } from '../../../src/app/redis-place.ts';
import { loadFrom } from './load-from.ts';

const environment = { STORE_PASSWORD: 'geheim-7' };
const sentinel = "sentinel: { addresses: ['s1:26379', 's2:26380'], master: main, username: fixpoint, password: { env: STORE_PASSWORD } }";

describe('store:', () => {
  it('may be a master that sentinels name', () => {
    const { config, problems } = loadFrom({ yaml: `store: { ${sentinel} }`, environment });
    expect(problems).toEqual([]);
    expect(config?.redis).toBeUndefined();
    expect(config && redisPlace(config)).toEqual({
      sentinels: [
        { host: 's1', port: 26_379 },
        { host: 's2', port: 26_380 },
      ],
      master: 'main',
      username: 'fixpoint',
      password: 'geheim-7',
      tls: false,
    });
    expect(JSON.stringify(config)).not.toContain('geheim-7');
    // Whoever names our store is as much our own as the store.
    expect(config?.protection.own).toEqual(expect.arrayContaining(['http/s1:26379', 'kubernetes/*/*/*/s2']));
  });

  it('gives way to an address that a flag or the environment names', () => {
    for (const given of [{ flags: { redis: 'redis://other:1' } }, { environment: { ...environment, FIXPOINT_REDIS: 'redis://other:1' } }]) {
      const { config } = loadFrom({ yaml: `store: { ${sentinel} }`, environment, ...given });
      expect(config && redisPlace(config)).toBe('redis://other:1');
    }
  });

  it('is private where it says nothing', () => {
    const { config } = loadFrom({ yaml: 'store: {}' });
    expect(config && redisPlace(config)).toBeUndefined();
  });

  it.each([
    [`{ redis: 'redis://a', ${sentinel} }`, 'expected one of redis and sentinel'],
    ["{ redis: 'rediss://a', tls: true }", 'an address says itself that it is encrypted'],
    ['{ sentinel: { addresses: [s1], master: main } }', 'expected host:port'],
    ['{ sentinel: { addresses: [], master: main } }', ''],
    ["{ sentinel: { addresses: ['s1:1'], master: 'a b' } }", 'expected the name of a master'],
  ])('%s is refused', (store, message) => {
    const { problems } = loadFrom({ yaml: `store: ${store}`, environment });
    expect(problems.join('\n')).toContain(message);
    expect(problems.length).toBeGreaterThan(0);
  });

  it('has authorities of its own only for what is encrypted, and says so where they cannot be read', () => {
    const plain = loadFrom({ yaml: "store: { redis: 'redis://a', tls: { ca: ca.pem } }", files: { 'ca.pem': 'PEM' } }).config;
    expect(() => plain && redisPlace({ ...plain, redisTls: { ca: '/dev/null' } })).toThrow(
      'store.tls is for an address that begins with rediss://',
    );
    expect(() => plain && redisPlace(plain)).toThrow(/store\.tls\.ca: .*ENOENT/);
    const secure = loadFrom({ yaml: "store: { redis: 'rediss://a', tls: { ca: ca.pem } }" }).config;
    expect(secure && redisPlace({ ...secure, redisTls: { ca: '/dev/null' } })).toEqual({ address: 'rediss://a', ca: '' });
  });
});
