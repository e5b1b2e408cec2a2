import type { FastifyRequest } from 'fastify';
import { FixpointError, messageOf } from '../errors.ts';
import { ByteBudget } from './byte-budget.ts';
import type { ApiLimits } from './dependencies.ts';
import { assertHarmless, assertShallow } from './harmless-json.ts';

type IncomingMessage = FastifyRequest['raw'];

/** A body as parsed; `bytes` is its size. */
export interface ReadBody {
  readonly value: unknown;
  readonly bytes: number;
}

/** Above this a body's nesting is looked at before it is parsed, for then it could cost a lot of memory. */
const largeBody = 2 ** 20;

/**
 * Reads JSON bodies within a limit for each and a budget for all. The budget is taken by what has arrived, not by what a
 * header announces, and is held until `use` is done with the body.
 */
export class BodyReader {
  readonly #limits: ApiLimits;
  readonly #budget: ByteBudget;

  constructor(limits: ApiLimits) {
    this.#limits = limits;
    this.#budget = new ByteBudget(limits.inFlightBytes);
  }

  get bytesInFlight(): number {
    return this.#budget.used;
  }

  /** Throws `request.unsupported-type`, `request.too-large`, `overloaded` or `request.malformed`. */
  async read<T>(request: IncomingMessage, use: (body: ReadBody) => T | Promise<T>): Promise<T> {
    assertJson(request.headers['content-type']);
    const { bodyBytes } = this.#limits;
    if (Number(request.headers['content-length'] ?? 0) > bodyBytes) {
      // A client that is still writing would see a broken connection instead of the answer.
      request.resume();
      throw tooLarge(bodyBytes);
    }
    let taken = 0;
    const take = (bytes: number): void => {
      if (taken + bytes > bodyBytes) throw tooLarge(bodyBytes);
      if (!this.#budget.take(bytes)) throw new FixpointError('overloaded', 'too many bytes of requests are in flight; try again shortly');
      taken += bytes;
    };
    try {
      const bytes = await collect(request, take);
      return await use({ value: parse(bytes), bytes: bytes.length });
    } finally {
      this.#budget.giveBack(taken);
    }
  }
}

function assertJson(type: string | undefined): void {
  if (type !== undefined && /^application\/json\s*(?:;|$)/i.test(type)) return;
  throw new FixpointError(
    'request.unsupported-type',
    `the content type is ${type === undefined ? 'missing' : JSON.stringify(type.slice(0, 80))}; send application/json`,
  );
}

function tooLarge(limit: number): FixpointError {
  return new FixpointError(
    'request.too-large',
    `the body is larger than ${limit} bytes; with Alertmanager, group by more labels or set max_alerts`,
  );
}

function collect(request: IncomingMessage, take: (bytes: number) => void): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const leave = (): void => void request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
    const stop = (error: unknown): void => {
      leave();
      // What still comes is thrown away, so that the sender gets to read the answer.
      request.on('error', () => undefined).resume();
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      try {
        take(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        stop(error);
      }
    };
    const onEnd = (): void => {
      leave();
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks));
    };
    const onClose = (): void => stop(new FixpointError('request.malformed', 'the connection ended before the body was complete'));
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}

function parse(bytes: Buffer): unknown {
  if (bytes.length > largeBody) assertShallow(bytes);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch (error) {
    throw new FixpointError(
      'request.malformed',
      bytes.length === 0 ? 'the body is empty; send JSON' : `the body is no JSON: ${messageOf(error).slice(0, 200)}`,
    );
  }
  assertHarmless(value);
  return value;
}
