import type { Redis } from 'ioredis';
import { FixpointError } from '../../errors.ts';
import type { Json } from '../../value/json.ts';
import type { Secret } from '../../value/secret.ts';
import { answerInBounds } from '../answer-in-bounds.ts';
import { answerInTime } from '../answer-in-time.ts';
import { redisFailure } from './failure.ts';

export interface NodeLinkOptions {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: () => Secret;
  readonly database: number;
  /** The authorities that vouch for the server; `true` = the known ones. */
  readonly tls: boolean | { readonly ca: () => string };
  /** For connecting, and for each answer. */
  readonly timeoutMs: number;
}

/** One connection to one server, opened when something is asked and opened anew after it broke. Nothing is sent twice. */
export class NodeLink {
  readonly #options: NodeLinkOptions;
  #client: Redis | undefined;
  #opening: Promise<Redis> | undefined;

  constructor(options: NodeLinkOptions) {
    this.#options = options;
  }

  /** Ends by the signal, or when no answer has come in time; then the connection is given up. */
  async ask([name = '', ...args]: readonly string[], signal: AbortSignal): Promise<Json> {
    const { host, port, timeoutMs } = this.#options;
    const doing = `${name} at ${host}:${port}`;
    signal.throwIfAborted();
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const client = await this.#connected(inTime);
      const bounds = { connection: client.stream, signal: inTime, code: 'redis.unavailable', doing } as const;
      return plain(await answerInBounds(client.call(name, ...args), bounds));
    } catch (error) {
      signal.throwIfAborted();
      // Ours is an answer without end; its rest is not waited for.
      if (error instanceof FixpointError) this.close();
      if (!inTime.aborted) throw redisFailure(error, doing);
      this.close();
      throw new FixpointError('redis.unavailable', `${doing}: no answer within ${timeoutMs} ms`);
    }
  }

  close(): void {
    this.#client?.disconnect();
    this.#client = undefined;
    this.#opening = undefined;
  }

  async #connected(signal: AbortSignal): Promise<Redis> {
    if (this.#client?.status === 'end' || this.#client?.status === 'close') this.close();
    const opening = (this.#opening ??= this.#connect());
    // A password or authorities that could not be read may be there the next time.
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    return await answerInTime(opening, signal);
  }

  async #connect(): Promise<Redis> {
    const { host, port, username, password, database, tls, timeoutMs } = this.#options;
    const { Redis: Client } = await import('ioredis');
    const client = new Client({
      host,
      port,
      db: database,
      protocol: 2,
      lazyConnect: true,
      connectTimeout: timeoutMs,
      enableOfflineQueue: false,
      enableReadyCheck: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => null,
      connectionName: 'fixpoint',
      disableClientInfo: true,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: password().reveal() }),
      ...(tls === false ? {} : { tls: { servername: host, ...(tls === true ? {} : { ca: tls.ca() }) } }),
    });
    // Why it ended; the command itself only says that the connection is closed.
    let cause: Error | undefined;
    client.on('error', (error: Error) => {
      cause ??= error;
    });
    this.#client = client;
    try {
      await client.connect();
      return client;
    } catch (error) {
      if (this.#client === client) this.close();
      throw cause ?? error;
    }
  }
}

/** Replies of the older protocol are texts, numbers, nothing, and lists of them. */
function plain(reply: unknown): Json {
  if (Array.isArray(reply)) return reply.map(plain);
  return typeof reply === 'string' || typeof reply === 'number' ? reply : null;
}
