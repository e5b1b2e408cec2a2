import { FixpointError } from '../../errors.ts';
import type { RedisReader, RedisRequest } from '../../ports/redis-target.ts';

/** The number that a reading command answers with; any other answer is no basis to act on. */
export async function numberAt(redis: RedisReader, request: RedisRequest, signal: AbortSignal): Promise<number> {
  const reply = await redis.read(request, signal);
  if (typeof reply === 'number') return reply;
  throw new FixpointError('redis.failed', `${request.command[0]} at ${request.node}: the answer is no number`);
}
