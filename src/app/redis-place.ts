import { readFileSync } from 'node:fs';
import type { RedisPlace } from '../adapters/redis/redis-place.ts';
import { splitAddress } from '../adapters/redis-target/topology.ts';
import type { Config } from '../config/config.ts';
import { FixpointError, messageOf } from '../errors.ts';

/** Where the Redis is that is configured as our own; undefined for the private one. */
export function redisPlace({
  redis,
  redisSentinel,
  redisTls = false,
}: Pick<Config, 'redis' | 'redisSentinel' | 'redisTls'>): RedisPlace | undefined {
  const tls = typeof redisTls === 'boolean' ? redisTls : { ca: authorities(redisTls.ca) };
  if (redisSentinel !== undefined) {
    const { addresses, master, username, password, sentinelPassword } = redisSentinel;
    return {
      sentinels: addresses.map(splitAddress),
      master,
      tls,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: password().reveal() }),
      ...(sentinelPassword === undefined ? {} : { sentinelPassword: sentinelPassword().reveal() }),
    };
  }
  const address = redis?.().reveal();
  if (address === undefined || typeof tls === 'boolean') return address;
  if (!address.startsWith('rediss://'))
    throw new FixpointError('config.invalid', 'store.tls is for an address that begins with rediss://, or for sentinel');
  return { address, ca: tls.ca };
}

function authorities(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new FixpointError('config.invalid', `store.tls.ca: ${messageOf(error)}`, { cause: error });
  }
}
