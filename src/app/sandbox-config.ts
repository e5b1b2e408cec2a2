import type { Config, HttpTargetConfig, PostgresTargetConfig, RedisTargetConfig, SourceConfig } from '../config/config.ts';
import type { DeclaredCommand } from '../ports/kubernetes.ts';
import type { PatientStores, PostgresPlace } from '../sandbox/patients/patient-world.ts';
import type { Platform } from '../sandbox/patients/platform.ts';
import type { SandboxAddresses } from '../sandbox/sandbox-addresses.ts';

/** Labels that a platform's own rule files would add, and bare alerts posted by hand lack. */
export function labelsOfPlatform({ name, namespaces }: Pick<Platform, 'name' | 'namespaces'>): Readonly<Record<string, string>> {
  return { platform: name, namespace: namespaces[0] };
}

/** The commands that rules may run in a platform's pods, as its people would declare them. */
export function commandsOfPlatform({
  namespaces,
  commands = {},
}: Pick<Platform, 'namespaces' | 'commands'>): readonly (readonly [string, DeclaredCommand])[] {
  return Object.entries(commands).map(([name, argv]) => [name, { argv, params: {}, namespaces }] as const);
}

/** Where an open sandbox and the databases of its patients are; plain JSON. */
export interface SandboxPlace extends SandboxAddresses {
  readonly stores?: {
    readonly redis: Readonly<Record<string, string>>;
    readonly postgres: Readonly<Record<string, PostgresPlace>>;
  };
}

export function sandboxPlace(addresses: SandboxAddresses, { redis, postgres }: PatientStores): SandboxPlace {
  return { ...addresses, stores: { redis: Object.fromEntries(redis), postgres: Object.fromEntries(postgres) } };
}

/** How long each question to a patient's database may take, ms. */
const storeTimeout = 5000;

/**
 * The configuration with the sandbox's platforms as sources, cluster, Prometheus, HTTP services, databases and commands; what
 * the user configured under the same names stays. Also says which sources are the sandbox's own.
 */
export function withSandbox(
  config: Config,
  place: SandboxPlace,
  platforms: readonly Pick<Platform, 'name' | 'namespaces' | 'commands' | 'connections'>[],
): { config: Config; sandboxSources: ReadonlySet<string> } {
  const configured = new Set(config.sources.map(({ name }) => name));
  const own = platforms
    .filter(({ name }) => !configured.has(name))
    .map((platform): SourceConfig => ({
      name: platform.name,
      credentials: [],
      evidence: 'api',
      alertmanager: place.alertmanagerUrl,
      prometheus: { url: place.prometheusUrl },
      labels: labelsOfPlatform(platform),
      tombstone: 360_000,
    }));
  const declared = Object.assign({}, ...platforms.map(({ connections }) => connections)) as NonNullable<Platform['connections']>;
  const http = Object.entries(place.services).map(([name, origin]): [string, HttpTargetConfig] => {
    const { headers = {}, endpoints } = declared[name] ?? {};
    return [name, { origin, headers, ...(endpoints === undefined ? {} : { endpoints, proxy: place.podsUrl }) }];
  });
  return {
    config: {
      ...config,
      sources: [...config.sources, ...own],
      clusters: new Map([['default', { kind: 'server', server: place.kubernetesUrl }], ...config.clusters]),
      http: new Map([...http, ...config.http]),
      commands: new Map([...platforms.flatMap(commandsOfPlatform), ...config.commands]),
      redisTargets: new Map([...mapped(place.stores?.redis ?? {}, redisTarget), ...config.redisTargets]),
      postgresTargets: new Map([...mapped(place.stores?.postgres ?? {}, postgresTarget), ...config.postgresTargets]),
      escalation: config.escalation.length > 0 ? config.escalation : [{ kind: 'alertmanager', url: place.alertmanagerUrl }],
    },
    sandboxSources: new Set(own.map(({ name }) => name)),
  };
}

function redisTarget(url: string): RedisTargetConfig {
  const at = { kind: 'standalone', address: new URL(url).host } as const;
  return { at, database: 0, tls: false, timeout: storeTimeout, commands: [] };
}

function postgresTarget({ host, port, database, user }: PostgresPlace): PostgresTargetConfig {
  return { address: `${host}:${port}`, database, username: user, tls: false, timeout: storeTimeout };
}

function mapped<From, To>(entries: Readonly<Record<string, From>>, change: (from: From) => To): ReadonlyMap<string, To> {
  return new Map(Object.entries(entries).map(([name, entry]) => [name, change(entry)]));
}
