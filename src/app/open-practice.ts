import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Keeper } from '../adapters/servers/keeper.ts';
import type { Config } from '../config/config.ts';
import { processEnvironment } from '../config/load.ts';
import type { Clock } from '../ports/clock.ts';
import type { Ids } from '../ports/ids.ts';
import type { Log } from '../ports/log.ts';
import { platforms } from '../sandbox/patients/catalogue.ts';
import type { PatientStores } from '../sandbox/patients/patient-world.ts';
import type { SandboxPorts } from '../sandbox/sandbox-addresses.ts';
import { createSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { startPatientStores, storeNames } from './patient-stores.ts';
import { sandboxPlace, withSandbox, type SandboxPlace } from './sandbox-config.ts';
import type { Teardown } from './teardown.ts';

/** How the simulated platforms are wanted. */
export interface SandboxWish {
  readonly speed: number;
  /** Only these platforms; all unless told. */
  readonly platforms?: readonly string[];
  /** The ports of its listeners by name; free ones unless told. */
  readonly ports?: SandboxPorts;
  /** Databases for its patients that run already; unless told, those that are quick to start are started here. */
  readonly stores?: PatientStores;
}

interface PracticeParts {
  readonly wanted: SandboxWish;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly deliver: (platform: string, body: object) => Promise<void>;
  readonly teardown: Teardown;
}

/** What a service practises on instead of the world. */
export interface Practice {
  readonly sandbox: Sandbox;
  readonly place: SandboxPlace;
  readonly config: Config;
  readonly sandboxSources: ReadonlySet<string>;
}

/** Opens the sandbox of a service, and says in the data folder where it is. */
export async function openPractice(given: Config, { wanted, clock, ids, log, deliver, teardown }: PracticeParts): Promise<Practice> {
  const stores = wanted.stores ?? (await quickStores(given, { log, teardown }));
  // Runs outlive it: what is made anew at the next start must not look like what they have changed.
  const sandbox = createSandbox({ ...wanted, seed: ids.next(), wallNow: () => clock.now(), deliver, stores });
  teardown.add('sandbox', () => sandbox.close());
  const place = sandboxPlace(await sandbox.listen(wanted.ports === undefined ? {} : { ports: wanted.ports }), stores);
  writeFileSync(join(given.data, 'sandbox.json'), `${JSON.stringify(place, null, 2)}\n`);
  return { sandbox, place, ...withSandbox(given, place, sandbox.platforms) };
}

/** A Redis starts in no time, a PostgreSQL does not. */
async function quickStores(given: Config, { log, teardown }: Pick<PracticeParts, 'log' | 'teardown'>): Promise<PatientStores> {
  if (storeNames(platforms, given).redis.length === 0) return { redis: new Map(), postgres: new Map() };
  const keeper = new Keeper();
  teardown.add('databases of the sandbox', () => keeper.close());
  const path = processEnvironment()['PATH'] ?? '';
  const { stores, missing } = await startPatientStores({ keeper, path, platforms, kinds: ['redis'], declared: given });
  for (const reason of missing) log.warn({ reason }, 'a simulated platform goes without its database');
  return stores;
}
