import { describe, expect, it } from 'vitest';
import { sandboxPlace, withSandbox } from '../../../src/app/sandbox-config.ts';
import { loadConfig } from '../../../src/config/load.ts';

const addresses = {
  kubernetesUrl: 'http://127.0.0.1:1',
  prometheusUrl: 'http://127.0.0.1:2',
  alertmanagerUrl: 'http://127.0.0.1:2',
  controlUrl: 'http://127.0.0.1:3',
  podsUrl: 'http://127.0.0.1:7',
  services: { shop: 'http://127.0.0.1:4' },
};
const stores = {
  redis: new Map([['cache', 'redis://127.0.0.1:5']]),
  postgres: new Map([['ledger', { host: '127.0.0.1', port: 6, database: 'd', user: 'u' }]]),
};

describe('the configuration with a sandbox', () => {
  it('binds the databases of the patients to the names that rules use', () => {
    const { config } = withSandbox(loadConfig({}, {}), sandboxPlace(addresses, stores), []);
    expect(config.redisTargets.get('cache')).toMatchObject({ at: { kind: 'standalone', address: '127.0.0.1:5' } });
    expect(config.postgresTargets.get('ledger')).toMatchObject({ address: '127.0.0.1:6', database: 'd', username: 'u' });
    expect(config.http.get('shop')).toEqual({ origin: 'http://127.0.0.1:4', headers: {} });
  });

  it('gives connections what the platforms say of them, and leads to pods by the sandbox’s proxy', () => {
    const connections = { shop: { headers: { 'x-key': 'k' }, endpoints: 'default/shop/shop' } };
    const platform = { name: 'shop', namespaces: ['shop'] as const, connections };
    const { config } = withSandbox(loadConfig({}, {}), sandboxPlace(addresses, stores), [platform]);
    expect(config.http.get('shop')).toEqual({
      origin: 'http://127.0.0.1:4',
      headers: { 'x-key': 'k' },
      endpoints: 'default/shop/shop',
      proxy: 'http://127.0.0.1:7',
    });
  });

  it('keeps what the user has declared under the same name', () => {
    const given = loadConfig({}, {});
    const own = { at: { kind: 'standalone', address: 'cache.example:6379' }, database: 0, tls: true, timeout: 1, commands: [] } as const;
    const { config } = withSandbox({ ...given, redisTargets: new Map([['cache', own]]) }, sandboxPlace(addresses, stores), []);
    expect(config.redisTargets.get('cache')).toBe(own);
  });

  it('survives the file in which a running sandbox says where it is', () => {
    const place = sandboxPlace(addresses, stores);
    expect(JSON.parse(JSON.stringify(place))).toEqual(place);
  });
});
