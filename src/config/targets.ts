import { resolve } from 'node:path';
import { parseDuration } from '../value/duration.ts';
import type { HttpTargetConfig, PostgresTargetConfig, RedisTargetConfig, SecretSource, TlsConfig } from './config.ts';
import type { SecretRef } from './fields.ts';
import type { ConfigFile } from './schema.ts';

interface Tools {
  readonly secret: (ref: SecretRef) => SecretSource;
  /** Where relative paths of the file start. */
  readonly folder: string;
}

/** `http:` of the file. */
export function httpTargets({ http = {} }: ConfigFile, secret: Tools['secret']): ReadonlyMap<string, HttpTargetConfig> {
  return mapped(http, ({ origin, headers, endpoints, proxy }) => ({
    origin,
    headers: Object.fromEntries(
      Object.entries(headers).map(([header, value]) => [header, typeof value === 'string' ? value : secret(value)]),
    ),
    ...(endpoints === undefined ? {} : { endpoints: endpoints.split('/').length === 2 ? `default/${endpoints}` : endpoints }),
    ...(proxy === undefined ? {} : { proxy }),
  }));
}

/** `redis:` of the file. */
export function redisTargets({ redis = {} }: ConfigFile, { secret, folder }: Tools): ReadonlyMap<string, RedisTargetConfig> {
  return mapped(redis, ({ address, sentinel, cluster, username, password, database, tls, timeout, commands }) => ({
    at: placeOf({ address, sentinel, cluster }, secret),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: secret(password) }),
    database,
    tls: tlsOf(tls, folder),
    timeout: parseDuration(timeout) ?? 0,
    commands: commands.map(({ command, converges }) => ({ command: command.toUpperCase(), converges })),
  }));
}

/** `postgres:` of the file. */
export function postgresTargets({ postgres = {} }: ConfigFile, { secret, folder }: Tools): ReadonlyMap<string, PostgresTargetConfig> {
  return mapped(postgres, ({ address, database, username, password, tls, timeout, pools }) => ({
    address,
    database,
    username,
    ...(password === undefined ? {} : { password: secret(password) }),
    tls: tlsOf(tls, folder),
    timeout: parseDuration(timeout) ?? 0,
    ...(pools === undefined ? {} : { pools: pools.map(({ most, ...pool }) => ({ ...pool, ...(most === undefined ? {} : { most }) })) }),
  }));
}

function placeOf(
  { address, sentinel, cluster }: Pick<NonNullable<ConfigFile['redis']>[string], 'address' | 'sentinel' | 'cluster'>,
  secret: Tools['secret'],
): RedisTargetConfig['at'] {
  if (sentinel !== undefined) {
    const { addresses, master, password } = sentinel;
    return { kind: 'sentinel', addresses, master, ...(password === undefined ? {} : { password: secret(password) }) };
  }
  return cluster === undefined ? { kind: 'standalone', address: address ?? '' } : { kind: 'cluster', addresses: cluster };
}

function tlsOf(tls: TlsConfig, folder: string): TlsConfig {
  return typeof tls === 'boolean' ? tls : { ca: resolve(folder, tls.ca) };
}

function mapped<From, To>(entries: Readonly<Record<string, From>>, change: (from: From) => To): ReadonlyMap<string, To> {
  return new Map(Object.entries(entries).map(([name, entry]) => [name, change(entry)]));
}
