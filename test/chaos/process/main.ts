import { flushCompileCache } from 'node:module';
import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Command, ProcessOrders } from './orders.ts';
import { startProcess } from './start-process.ts';
import { say, Striker } from './struck-ports.ts';

/** Run as a process of its own: one API or one worker of the real engine, by the orders in argv. */
const orders = JSON.parse(process.argv[2] ?? '{}') as ProcessOrders;
const striker = new Striker();
process.on('message', (command: Command) => striker.take(command));
process.on('disconnect', () => process.exit(0));
const running = await startProcess(orders, { striker, clock: shifted(systemClock(), orders.clockOffset) });
process.on('SIGTERM', () => {
  void running.close().finally(() => process.exit(0));
});
say({ said: 'ready', at: Date.now() });
// Killed processes never come to write it.
flushCompileCache();

/** A clock that is wrong by so much; its timers are not. */
function shifted(clock: Clock, offset: number): Clock {
  return { ...clock, now: () => clock.now() + offset };
}
