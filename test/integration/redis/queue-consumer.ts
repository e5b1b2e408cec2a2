import { systemClock } from '../../../src/adapters/clock/system-clock.ts';
import { RedisLink } from '../../../src/adapters/redis/redis-link.ts';
import { redisQueue } from '../../../src/adapters/redis/redis-queue.ts';
import { quietLog } from '../../contract/quiet-log.ts';

/** A worker that takes a message of the queue it is given, says its name and never ends, until it is killed. */
const [url = '', name = ''] = process.argv.slice(2);
const queue = redisQueue<{ name: string }>({ name, link: new RedisLink({ url, log: quietLog }), url, log: quietLog, clock: systemClock() });
queue.consume({
  concurrency: 1,
  handler: (data) => {
    process.stdout.write(`${data.name}\n`);
    return new Promise(() => {});
  },
});
