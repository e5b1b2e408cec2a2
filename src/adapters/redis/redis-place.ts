import { Redis, type RedisOptions } from 'ioredis';

/** Authorities that vouch for servers, as PEM; `true` = the known ones. */
type RedisTls = boolean | { readonly ca: string };

/** A master that sentinels name, whichever server that is at the time. */
interface SentinelPlace {
  readonly sentinels: readonly { readonly host: string; readonly port: number }[];
  readonly master: string;
  readonly username?: string;
  readonly password?: string;
  /** The sentinels' own. */
  readonly sentinelPassword?: string;
  /** For Redis and the sentinels. */
  readonly tls: RedisTls;
}

/** Where our own Redis is: `redis://…`, `rediss://…`, the path of a Unix socket, an address with authorities of its own, or a master by its name. */
export type RedisPlace = string | { readonly address: string; readonly ca: string } | SentinelPlace;

/** What a sentinel has to answer within, ms. */
const sentinelTimeout = 2000;

/** One connection to our own Redis; behind sentinels it follows the master. */
export function openRedis(place: RedisPlace, options: RedisOptions): Redis {
  if (typeof place === 'string') return new Redis(place, options);
  if ('address' in place) return new Redis(place.address, { ...options, tls: { ca: place.ca } });
  const { sentinels, master, username, password, sentinelPassword, tls } = place;
  const secured =
    tls === false ? {} : { tls: tls === true ? {} : tls, sentinelTLS: tls === true ? {} : tls, enableTLSForSentinelMode: true };
  const { retryStrategy } = options;
  return new Redis({
    ...options,
    sentinels: sentinels.map(({ host, port }) => ({ host, port })),
    name: master,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    sentinelCommandTimeout: sentinelTimeout,
    // Where the sentinels are away, it is the same as with the server.
    sentinelRetryStrategy: (attempt) => retryStrategy?.(attempt) ?? null,
    // Those that are named here are asked, not what one of them says of the others.
    updateSentinels: false,
    // ioredis 6 ends a connection for good when its detector hears of a failover while it is connecting. Clients are cut off by the failover itself.
    failoverDetector: false,
    ...secured,
  });
}
