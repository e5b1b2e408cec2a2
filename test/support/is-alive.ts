import { isAlive as isNotedAlive } from '../../src/adapters/redis/process-life.ts';

/** Whether a process runs. One that has ended and that its parent has not yet looked at does not. */
export function isAlive(pid: number): boolean {
  return isNotedAlive({ pid });
}
