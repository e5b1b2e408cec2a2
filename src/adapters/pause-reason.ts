import type { Pause } from '../ports/store.ts';

/** Why a pause stops something, for a person. */
export function pauseReason({ scope, by, reason }: Pause): string {
  const what = scope.kind === 'global' ? 'everything' : `${scope.kind} ${scope.name}`;
  return `${what} is paused by ${by}: ${reason}`;
}
