import { FixpointError } from '../../errors.ts';

/** What can be told of a rule without an alert; undefined where only an alert can tell. */
export function known<T>(tell: () => T): T | undefined {
  try {
    return tell();
  } catch (error) {
    if (error instanceof FixpointError) return undefined;
    throw error;
  }
}
