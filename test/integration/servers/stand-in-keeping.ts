/** Keeps the servers named on its command line until it is ended, and says where they are. */
import { Keeper } from '../../../src/adapters/servers/keeper.ts';
import { startPatientStores } from '../../../src/app/patient-stores.ts';

const keeper = new Keeper();
const { stores, missing } = await startPatientStores({
  keeper,
  path: process.env['PATH'] ?? '',
  platforms: [{ stores: { redis: ['cache'], postgres: ['ledger'] } }],
  kinds: ['redis', 'postgres'],
  declared: { redisTargets: new Map(), postgresTargets: new Map() },
});
process.stdout.write(
  `${JSON.stringify({
    keeper: keeper.pid,
    folder: keeper.folder,
    redis: stores.redis.get('cache'),
    postgres: stores.postgres.get('ledger'),
    missing,
  })}\n`,
);
setInterval(() => undefined, 1000);
