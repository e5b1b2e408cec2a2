import { checkRedis } from '../adapters/redis/check-redis.ts';
import { startPrivateRedis } from '../adapters/redis/private-redis.ts';
import type { RedisPlace } from '../adapters/redis/redis-place.ts';
import type { Config } from '../config/config.ts';
import { processEnvironment } from '../config/load.ts';
import { FixpointError } from '../errors.ts';
import type { Log } from '../ports/log.ts';
import { redisPlace } from './redis-place.ts';

export interface OwnRedis {
  readonly url: RedisPlace;
  readonly describe: string;
  /** Why nothing must be kept in it, as last looked at: it may have come, or been changed, or failed over since the start. */
  unfit(): string | undefined;
  look(): Promise<void>;
  stop(): Promise<void>;
}

/** Our own Redis: the configured one, held to what we need of it if it can be reached, or a private one in the data folder. */
export async function ownRedis(config: Config, log: Log): Promise<OwnRedis> {
  const url = redisPlace(config);
  if (url === undefined) {
    const own = await startPrivateRedis({ data: config.data, log, path: processEnvironment()['PATH'] ?? '' });
    return { url: own.path, describe: `private, in ${config.data}`, unfit: () => undefined, look: async () => {}, stop: () => own.stop() };
  }
  const problems = await checkRedis(url);
  for (const { message, severity } of problems)
    if (severity === 'warning') log.warn({ problem: message }, 'our Redis is not set up as it should be');
  const errors = problems.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  if (errors.length > 0)
    throw new FixpointError('config.invalid', `our Redis cannot be used: ${errors.join('; ')}`, { details: { problems: errors } });
  let unfit: string | undefined;
  let looking: Promise<void> | undefined;
  const lookOnce = async () => {
    const found = await checkRedis(url);
    // One that does not answer says nothing new of itself.
    if (found.some(({ isAway }) => isAway)) return;
    const wrong = found.filter(({ severity }) => severity === 'error').map(({ message }) => message);
    const now = wrong.length === 0 ? undefined : `our Redis cannot be used: ${wrong.join('; ')}`;
    if (now !== undefined && now !== unfit) log.error({ reason: now }, 'our Redis is not what it must be, nothing new is done');
    unfit = now;
  };
  return {
    url,
    describe: describe(config),
    unfit: () => unfit,
    // One that loads its log answers late: looks must not pile up on it, nor an old answer come after a new one.
    look: () =>
      (looking ??= lookOnce().finally(() => {
        looking = undefined;
      })),
    stop: () => Promise.resolve(),
  };
}

function describe({ redisSentinel, origins }: Config): string {
  if (redisSentinel !== undefined) return `${redisSentinel.master}, named by ${redisSentinel.addresses.join(', ')}`;
  return origins['redis']?.value ?? 'as configured';
}
