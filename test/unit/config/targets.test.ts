import { describe, expect, it } from 'vitest';
import { loadFrom } from './load-from.ts';

const forbidden = (command: string): [string, string] => [
  `redis: { a: { address: 'a:1', commands: [{ command: ${command} }] } }`,
  'changes the connection, or runs a script',
];

describe('redis: and postgres:', () => {
  it('are read with defaults and secrets in their places', () => {
    const yaml = `
http: { admin: { origin: 'http://admin.shop:8080', endpoints: shop/admin }, far: { origin: 'http://far.shop', endpoints: west/shop/far } }
redis:
  single: { address: 'cache:6379', username: fixer, password: { env: REDIS_PASSWORD }, database: 3, timeout: 2s, commands: [ { command: client kill }, { command: XTRIM, converges: true } ] }
  set: { sentinel: { addresses: ['s1:26379'], master: main, password: { env: REDIS_PASSWORD } }, tls: { ca: certs/ca.pem } }
  sharded: { cluster: ['[::1]:7000', 'b:7001'], tls: true }
postgres:
  app:
    { address: 'db:5432', database: shop, username: fixer, password: { env: REDIS_PASSWORD }, pools: [{ workload: kubernetes/default/shop/deployment.apps/api, perReplica: 30, user: shop }] }
limits: { actions: { redis.flush: auto } }
`;
    const { config, problems, folder } = loadFrom({ yaml, environment: { REDIS_PASSWORD: 'geheim-7' } });
    expect(problems).toEqual([]);
    const single = config?.redisTargets.get('single');
    expect(single).toMatchObject({
      at: { kind: 'standalone', address: 'cache:6379' },
      username: 'fixer',
      database: 3,
      tls: false,
      timeout: 2000,
      commands: [
        { command: 'CLIENT KILL', converges: false },
        { command: 'XTRIM', converges: true },
      ],
    });
    expect(single?.password?.().reveal()).toBe('geheim-7');
    const set = config?.redisTargets.get('set');
    expect(set).toMatchObject({
      at: { kind: 'sentinel', addresses: ['s1:26379'], master: 'main' },
      tls: { ca: `${folder}/certs/ca.pem` },
      timeout: 5000,
    });
    expect(set?.at.kind === 'sentinel' && set.at.password?.().reveal()).toBe('geheim-7');
    expect(config?.redisTargets.get('sharded')).toMatchObject({
      at: { kind: 'cluster', addresses: ['[::1]:7000', 'b:7001'] },
      tls: true,
      database: 0,
    });
    expect(config?.postgresTargets.get('app')).toMatchObject({
      address: 'db:5432',
      database: 'shop',
      username: 'fixer',
      tls: false,
      timeout: 5000,
      pools: [{ workload: 'kubernetes/default/shop/deployment.apps/api', perReplica: 30, user: 'shop' }],
    });
    expect(['admin', 'far'].map((name) => config?.http.get(name)?.endpoints)).toEqual(['default/shop/admin', 'west/shop/far']);
    expect(config?.limits.actions).toEqual({ 'redis.flush': 'auto' });
    expect(JSON.stringify([...(config?.redisTargets ?? [])])).not.toContain('geheim-7');
  });

  it.each([
    ['redis: { a: {} }', 'expected exactly one of address, sentinel and cluster'],
    ["redis: { a: { address: 'a:1', cluster: ['b:1'] } }", 'expected exactly one of address, sentinel and cluster'],
    ["redis: { a: { cluster: ['b:1'], database: 2 } }", 'a cluster has only database 0'],
    ['redis: { a: { address: redis } }', 'expected host:port'],
    ["redis: { a: { address: 'redis://:pass@a:1' } }", 'expected host:port'],
    ["redis: { a: { address: 'a:0' } }", 'expected host:port'],
    ["redis: { a: { address: 'a:70000' } }", 'expected host:port'],
    ["redis: { a: { address: 'a:1', password: plain } }", 'password'],
    ["redis: { a: { address: 'a:1', commands: [{ command: 'DEL *' }] } }", 'expected a command'],
    ...['SELECT', 'multi', 'Exec', 'EVAL', 'EVALSHA_RO', 'FUNCTION LOAD', 'FCALL', 'SCRIPT FLUSH', 'SUBSCRIBE', 'MONITOR', 'CLIENT'].map(
      forbidden,
    ),
    ...['CLIENT REPLY', 'CLIENT TRACKING', 'AUTH', 'HELLO', 'RESET', 'SWAPDB', 'QUIT', 'ASKING'].map(forbidden),
    ["redis: { a: { address: 'a:1', comands: [] } }", 'did you mean commands?'],
    ["redis: { 'a/b': { address: 'a:1' } }", 'expected a name'],
    ["postgres: { a: { address: 'a:1', username: u } }", 'database'],
    ["postgres: { a: { address: 'a:1', database: d, username: u, password: { env: NOTHING } } }", 'the environment has no NOTHING'],
    ...['deployment/shop/api', 'kubernetes/default/shop/pod/api', 'kubernetes/default/-/deployment.apps/api'].map((workload) => [
      `postgres: { a: { address: 'a:1', database: d, username: u, pools: [{ workload: ${workload}, perReplica: 3, user: u }] } }`,
      'expected kubernetes/<cluster>/<namespace>/deployment.apps/<name>',
    ]),
    ["http: { a: { origin: 'http://a', endpoints: web } }", 'expected a Service such as shop/web'],
    ["http: { a: { origin: 'http://a', endpoints: a/b/c/d } }", 'expected a Service such as shop/web'],
    ['limits: { actions: { redis.flush: always } }', 'redis.flush'],
  ])('%j is refused', (yaml, message) => {
    expect(loadFrom({ yaml }).problems.join('\n')).toContain(message);
  });
});
