import { FixpointError, messageOf } from '../../errors.ts';
import { printable } from '../../value/printable.ts';

/** Classes and codes of SQLSTATE that pass by themselves: connection, resources, shutdown, timeouts, locks, deadlocks. */
const passing = /^(?:08|53|57|58)|^(?:55P03|55006|40001|40P01|25P0[34])$/;
/** Not authorised, not allowed, or not in a transaction that can only read. */
const forbidden = /^28|^(?:42501|25006|3D000)$/;

/** A failure of the client or an error that the server answered, as one of ours. */
export function postgresFailure(error: unknown, doing: string): FixpointError {
  if (error instanceof FixpointError) return error;
  const said = `${doing}: ${printable(messageOf(error), 300)}`;
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  // Errors of the system (ECONNREFUSED) have codes of letters only; what has none is the connection's.
  if (typeof code !== 'string' || !/^[0-9A-Z]{5}$/.test(code) || /^E[A-Z]{4}$/.test(code))
    return new FixpointError('postgres.unavailable', said);
  if (passing.test(code)) return new FixpointError('postgres.unavailable', said);
  return new FixpointError(forbidden.test(code) ? 'postgres.refused' : 'postgres.failed', said);
}
