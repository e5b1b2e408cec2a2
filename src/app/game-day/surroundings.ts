import { systemClock } from '../../adapters/clock/system-clock.ts';
import { systemIds } from '../../adapters/clock/system-ids.ts';
import { freePort } from '../../adapters/servers/free-port.ts';
import { Keeper } from '../../adapters/servers/keeper.ts';
import { findServerProgram, serverPrograms, type ServerKind } from '../../adapters/servers/programs.ts';
import { startRedisServer } from '../../adapters/servers/redis-server.ts';
import { startAlertmanagerServer, startPrometheusServer } from '../../adapters/servers/watching-servers.ts';
import { FixpointError } from '../../errors.ts';
import { platforms } from '../../sandbox/patients/catalogue.ts';
import type { PatientStores } from '../../sandbox/patients/patient-world.ts';
import type { Platform } from '../../sandbox/patients/platform.ts';
import { startPatientStores } from '../patient-stores.ts';
import { fasterRules } from './faster-rules.ts';
import { shippedAlertmanagerConfig, shippedPrometheusRules } from './shipped-files.ts';
import { alertmanagerConfig, prometheusConfig } from './watching-config.ts';

/** Real Prometheus and Alertmanager that watch the sandbox. */
export interface Watchers {
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  /** By which Alertmanager identifies itself. */
  readonly token: string;
}

/** Everything real around the simulated platforms; it ends with us, however we end. */
export interface Surroundings {
  /** Removed at the end. */
  readonly folder: string;
  readonly speed: number;
  /** The names of the platforms there are. */
  readonly platforms: readonly string[];
  /** Where the service has to listen, for Alertmanager posts there. */
  readonly port: number;
  /** Where the services of the platforms have to listen, for Prometheus looks there. */
  readonly ports: Readonly<Record<string, number>>;
  /** Undefined where either program is missing or none were wanted. */
  readonly watchers?: Watchers;
  readonly stores: PatientStores;
  /** What is not there though it is wanted, and why, each in one sentence. */
  readonly missing: readonly string[];
  /** A Redis for a service: each has its own. */
  startStore(): Promise<string>;
  close(): Promise<void>;
}

export interface SurroundingsWanted {
  readonly speed: number;
  /** Where programs are looked for, as a PATH. */
  readonly path: string;
  /** The names of those there shall be; their databases are started. */
  readonly platforms: readonly string[];
  /** Whether the sandbox's own API has to do instead of Prometheus and Alertmanager. */
  readonly isSimulated?: boolean;
  /** Of the service; a free one unless told. */
  readonly port?: number | undefined;
}

/** Throws `config.invalid` where a server that is installed does not come up. */
export async function openSurroundings({
  speed,
  path,
  platforms: names,
  isSimulated = false,
  port: given,
}: SurroundingsWanted): Promise<Surroundings> {
  const redis = findServerProgram('redis', path);
  if (redis === undefined) throw new FixpointError('config.invalid', `a game day needs Redis: ${serverPrograms.redis.install}`);
  const wanted = platforms.filter(({ name }) => names.includes(name));
  const keeper = new Keeper();
  try {
    const port = given ?? (await freePort());
    const ports: Record<string, number> = {};
    for (const service of wanted.flatMap(({ services }) => services)) ports[service] = await freePort();
    const own = { redisTargets: new Map(), postgresTargets: new Map() };
    const [{ stores, missing }, watching] = await Promise.all([
      startPatientStores({
        keeper,
        path,
        platforms: wanted,
        kinds: ['redis', 'postgres'],
        declared: own,
      }),
      isSimulated ? { watchers: undefined, missing: [] } : startWatchers(keeper, { speed, path, port, ports, wanted }),
    ]);
    let count = 0;
    return {
      folder: keeper.folder,
      speed,
      platforms: names,
      port,
      ports,
      ...(watching.watchers === undefined ? {} : { watchers: watching.watchers }),
      stores,
      missing: [...watching.missing, ...missing],
      async startStore() {
        count += 1;
        return await startRedisServer(keeper, { program: redis, name: `own-${count}`, isDurable: true });
      },
      close: () => keeper.close(),
    };
  } catch (error) {
    await keeper.close();
    throw error;
  }
}

async function startWatchers(
  keeper: Keeper,
  {
    speed,
    path,
    port,
    ports,
    wanted,
  }: Pick<Surroundings, 'speed' | 'port' | 'ports'> & { readonly path: string; readonly wanted: readonly Platform[] },
): Promise<{ readonly watchers: Watchers | undefined; readonly missing: readonly string[] }> {
  const prometheus = findServerProgram('prometheus', path);
  const alertmanager = findServerProgram('alertmanager', path);
  if (prometheus === undefined || alertmanager === undefined) {
    const kinds: readonly ServerKind[] = [
      ...(prometheus === undefined ? (['prometheus'] as const) : []),
      ...(alertmanager === undefined ? (['alertmanager'] as const) : []),
    ];
    return {
      watchers: undefined,
      missing: kinds.map((kind) => `${serverPrograms[kind].name} is not installed (${serverPrograms[kind].install})`),
    };
  }
  const token = systemIds(systemClock()).next();
  const alertmanagerUrl = await startAlertmanagerServer(keeper, {
    program: alertmanager,
    config: alertmanagerConfig(shippedAlertmanagerConfig(), { url: `http://127.0.0.1:${port}`, speed }),
    files: { 'fixpoint-token': token },
  });
  const ofPlatforms = [...shippedPrometheusRules()].filter(([file]) => wanted.some(({ name }) => file === `${name}.yaml`));
  const files = Object.fromEntries(ofPlatforms.map(([file, text]) => [file, fasterRules(text, speed)]));
  const prometheusUrl = await startPrometheusServer(keeper, {
    program: prometheus,
    config: prometheusConfig({ speed, alertmanagerUrl, ruleFiles: Object.keys(files), platforms: wanted, ports }),
    files,
  });
  return { watchers: { prometheusUrl, alertmanagerUrl, token }, missing: [] };
}
