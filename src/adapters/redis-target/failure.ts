import { FixpointError, messageOf } from '../../errors.ts';
import { printable } from '../../value/printable.ts';

/** Answers that tell of a state that passes: a failover, loading, a script that runs. Nothing was done. */
const passing = /^(?:LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|READONLY|NOREPLICAS|MISCONF)\b|max number of clients/;
const forbidden = /^(?:NOAUTH|WRONGPASS|NOPERM|DENIED)\b|invalid password|unknown command/i;

/** A failure of the client or an error that the server answered, as one of ours; its text has no arguments of commands. */
export function redisFailure(error: unknown, doing: string): FixpointError {
  if (error instanceof FixpointError) return error;
  const message = messageOf(error);
  // The server repeats what it was sent after this.
  const said = printable(message.split(', with args beginning with:', 1)[0], 300);
  if (passing.test(message)) return new FixpointError('redis.unavailable', `${doing}: ${said}`);
  if (forbidden.test(message)) return new FixpointError('redis.refused', `${doing}: ${said}`);
  // Error answers begin with a word in capitals; all else is the connection's.
  if (/^[A-Z]{2,}\b/.test(message) && !isOfSystem(error)) return new FixpointError('redis.failed', `${doing}: ${said}`);
  return new FixpointError('redis.unavailable', `${doing}: ${said}`);
}

function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
