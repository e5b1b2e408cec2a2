import type { Config, RedisTargetConfig } from '../../../src/config/config.ts';
import type { Platform } from '../../../src/sandbox/patients/platform.ts';
import type { RedisServer } from '../../support/redis.ts';

/** The Redis deployments that rules of these platforms name, as a user would declare them: all of them on one server. */
export function declaredRedis({ port }: Pick<RedisServer, 'port'>, platforms: readonly Pick<Platform, 'stores'>[]): Config['redisTargets'] {
  const at = { kind: 'standalone', address: `127.0.0.1:${port}` } as const;
  const target: RedisTargetConfig = { at, database: 0, tls: false, timeout: 5000, commands: [] };
  return new Map(platforms.flatMap(({ stores }) => stores.redis.map((name) => [name, target] as const)));
}
