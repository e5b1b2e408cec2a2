import type { Keeper } from '../adapters/servers/keeper.ts';
import { startPostgresServer } from '../adapters/servers/postgres-server.ts';
import { findServerProgram, serverPrograms, type ServerKind } from '../adapters/servers/programs.ts';
import { startRedisServer } from '../adapters/servers/redis-server.ts';
import type { Config } from '../config/config.ts';
import { messageOf } from '../errors.ts';
import type { PatientStores, PostgresPlace } from '../sandbox/patients/patient-world.ts';
import type { Platform } from '../sandbox/patients/platform.ts';

type StoreKind = keyof Platform['stores'];

interface StoresWanted {
  readonly keeper: Keeper;
  /** Where programs are looked for, as a PATH. */
  readonly path: string;
  readonly platforms: readonly Pick<Platform, 'stores'>[];
  readonly kinds: readonly StoreKind[];
  /** What the user has declared under the same names is the user's: rules act on that. */
  readonly declared: Pick<Config, 'redisTargets' | 'postgresTargets'>;
}

/** The names of the connections that the platforms' databases have, by kind. */
export function storeNames(platforms: StoresWanted['platforms'], { redisTargets, postgresTargets }: StoresWanted['declared']) {
  const names = (kind: StoreKind, declared: ReadonlyMap<string, unknown>) =>
    [...new Set(platforms.flatMap(({ stores }) => stores[kind]))].filter((name) => !declared.has(name));
  return { redis: names('redis', redisTargets), postgres: names('postgres', postgresTargets) };
}

/** Starts a real database for every name that platforms have for one; `missing` says which there are not, and why. */
export async function startPatientStores({
  keeper,
  path,
  platforms,
  kinds,
  declared,
}: StoresWanted): Promise<{ readonly stores: PatientStores; readonly missing: readonly string[] }> {
  const names = storeNames(platforms, declared);
  const missing: string[] = [];
  async function start<Place>(
    kind: StoreKind & ServerKind,
    open: (server: { program: string; name: string }) => Promise<Place>,
  ): Promise<ReadonlyMap<string, Place>> {
    const wanted = kinds.includes(kind) ? names[kind] : [];
    const program = wanted.length === 0 ? undefined : findServerProgram(kind, path);
    const { name: server, install } = serverPrograms[kind];
    if (program === undefined) {
      missing.push(...wanted.map((name) => `${kind}.${name}: ${server} is not installed (${install})`));
      return new Map();
    }
    const opened = await Promise.all(
      wanted.map(async (name): Promise<[string, Place][]> => {
        try {
          return [[name, await open({ program, name })]];
        } catch (error) {
          missing.push(`${kind}.${name}: ${messageOf(error)}`);
          return [];
        }
      }),
    );
    return new Map(opened.flat());
  }
  const [redis, postgres] = await Promise.all([
    start<string>('redis', (server) => startRedisServer(keeper, server)),
    start<PostgresPlace>('postgres', (server) => startPostgresServer(keeper, server)),
  ]);
  return { stores: { redis, postgres }, missing };
}
