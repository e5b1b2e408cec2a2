import { messageOf } from '../../errors.ts';
import { readInfo } from './info-text.ts';
import { openRedis, type RedisPlace } from './redis-place.ts';

/** What is wrong with a Redis as a store; with an `error` Fixpoint must not start on it. */
export interface RedisProblem {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** It did not answer, and nothing else is known of it. */
  readonly isAway?: true;
}

const oldest = [6, 2] as const;
const timeoutMs = 3000;

/** Looks at a Redis before it is used: version, eviction, persistence. One that does not answer may come: nothing is said of it but that. */
export async function checkRedis(place: RedisPlace): Promise<readonly RedisProblem[]> {
  const client = openRedis(place, {
    lazyConnect: true,
    disableClientInfo: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    connectionName: 'fixpoint-check',
  });
  // What happened; a failed command only says that the connection is closed.
  let cause: Error | undefined;
  client.on('error', (error: Error) => {
    cause ??= error;
  });
  try {
    await client.connect();
    const info = readInfo(await client.info());
    return [...checkVersion(info), ...checkEviction(info), ...checkPersistence(info), ...checkRole(info)];
  } catch (error) {
    return [{ severity: 'warning', isAway: true, message: `Redis does not answer yet: ${messageOf(cause ?? error)}` }];
  } finally {
    client.disconnect();
  }
}

function checkVersion(info: ReadonlyMap<string, string>): RedisProblem[] {
  const version = info.get('redis_version') ?? '';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return [];
  return [
    { severity: 'error', message: `Redis is version ${version === '' ? 'unknown' : version}; ${oldest.join('.')} or newer is needed` },
  ];
}

function checkEviction(info: ReadonlyMap<string, string>): RedisProblem[] {
  const policy = info.get('maxmemory_policy') ?? 'unknown';
  if (policy === 'noeviction') return [];
  return [
    {
      severity: 'error',
      message: `maxmemory-policy is ${policy}: Redis would throw records away; it must be noeviction (CONFIG SET maxmemory-policy noeviction, and in redis.conf)`,
    },
  ];
}

/** Only a Redis that appends what it acknowledges holds what we say we hold. */
function checkPersistence(info: ReadonlyMap<string, string>): RedisProblem[] {
  if (info.get('aof_enabled') !== '1')
    return [
      {
        severity: 'error',
        message:
          'appendonly is off: a restart would lose runs, incidents and limits; it must be yes (CONFIG SET appendonly yes, and in redis.conf)',
      },
    ];
  const failed = info.get('aof_last_write_status');
  return failed === undefined || failed === 'ok'
    ? []
    : [{ severity: 'warning', message: `Redis could not write its append-only file (aof_last_write_status ${failed}): is its disk full?` }];
}

function checkRole(info: ReadonlyMap<string, string>): RedisProblem[] {
  return info.get('role') === 'slave' ? [{ severity: 'error', message: 'Redis is a replica and takes no writes; name the primary' }] : [];
}
