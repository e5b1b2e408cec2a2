import { checkRedis } from '../adapters/redis/check-redis.ts';
import { startPrivateRedis } from '../adapters/redis/private-redis.ts';
import type { RedisPlace } from '../adapters/redis/redis-place.ts';
import type { Config } from '../config/config.ts';
import { FixpointError } from '../errors.ts';
import type { Log } from '../ports/log.ts';
import { redisPlace } from './redis-place.ts';

/** Our own Redis: the configured one, held to what we need of it if it can be reached, or a private one in the data folder. */
export async function ownRedis(
  config: Config,
  log: Log,
): Promise<{ readonly url: RedisPlace; readonly describe: string; stop(): Promise<void> }> {
  const url = redisPlace(config);
  if (url === undefined) {
    const own = await startPrivateRedis({ data: config.data, log });
    return { url: own.path, describe: `private, in ${config.data}`, stop: () => own.stop() };
  }
  const problems = await checkRedis(url);
  for (const { message, severity } of problems)
    if (severity === 'warning') log.warn({ problem: message }, 'our Redis is not set up as it should be');
  const errors = problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  if (errors.length > 0)
    throw new FixpointError('config.invalid', `our Redis cannot be used: ${errors.join('; ')}`, { details: { problems: errors } });
  return { url, describe: describe(config), stop: () => Promise.resolve() };
}

function describe({ redisSentinel, origins }: Config): string {
  if (redisSentinel !== undefined) return `${redisSentinel.master}, named by ${redisSentinel.addresses.join(', ')}`;
  return origins['redis']?.value ?? 'as configured';
}
