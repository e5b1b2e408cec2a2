import { startPrivateRedis } from '../../../src/adapters/redis/private-redis.ts';

/** A Fixpoint that does nothing but hold a private Redis on the data folder it is given, until it is killed. */
const redis = await startPrivateRedis({
  data: process.argv[2] ?? '',
  log: { debug() {}, info() {}, warn() {}, error() {} },
  path: process.env['PATH'] ?? '',
});
process.stdout.write(`${JSON.stringify({ path: redis.path, pid: redis.pid })}\n`);
setInterval(() => {}, 60_000);
