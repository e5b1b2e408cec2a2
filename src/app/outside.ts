import { readFileSync } from 'node:fs';
import { AlertmanagerClient, type AlertmanagerPlace } from '../adapters/alertmanager/alertmanager.ts';
import { createEvidence, type EvidenceSource } from '../adapters/alertmanager/evidence.ts';
import { createSilencer } from '../adapters/alertmanager/silencer.ts';
import { HttpClient } from '../adapters/http/client.ts';
import { JsonApi } from '../adapters/http/json-api.ts';
import { ClusterConnection, type ClusterLink } from '../adapters/kubernetes/connection.ts';
import { createKubernetesReader } from '../adapters/kubernetes/reader.ts';
import { createKubernetesWriter } from '../adapters/kubernetes/writer.ts';
import { PostgresTargets } from '../adapters/postgres-target/postgres-target.ts';
import { createPrometheus } from '../adapters/prometheus/client.ts';
import { RedisTargets } from '../adapters/redis-target/redis-target.ts';
import type { ClusterConfig, Config } from '../config/config.ts';
import { FixpointError } from '../errors.ts';
import type { Engine } from '../pipeline/engine.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { Silencer } from '../ports/silencer.ts';
import type { Secret } from '../value/secret.ts';
import { connectPeople, type People } from './people.ts';
import type { Wires } from './wires.ts';

export interface Outside extends Pick<
  Engine,
  'kubernetes' | 'http' | 'redis' | 'postgres' | 'alertmanager' | 'prometheus' | 'evidence' | 'writers'
> {
  readonly clusters: ReadonlyMap<string, ClusterLink>;
  readonly people: People;
  readonly silencer: Silencer;
  /** Loads what is heavy, ahead of the first alert. */
  warm(): Promise<void>;
  close(): Promise<void>;
}

export interface OutsideParts {
  readonly clock: Clock;
  readonly log: Log;
  /** By which our own servers are told, so that they are never remediated; without it no database is touched. */
  readonly own?: {
    readonly redis: (signal: AbortSignal) => Promise<ReadonlySet<string>>;
    /** The system identifier of the PostgreSQL that keeps our history, where there is one. */
    readonly postgres: (signal: AbortSignal) => Promise<string | undefined>;
  };
  /** What answers instead of the systems themselves. */
  readonly wires?: Wires;
}

const unknown = () => Promise.reject(new FixpointError('internal', 'nobody here knows which databases are our own'));
const unknownOwn: NonNullable<OutsideParts['own']> = { redis: unknown, postgres: unknown };

/** Everything that talks to the systems around us, as configured. */
export function connectOutside(config: Config, { clock, log, own = unknownOwn, wires }: OutsideParts): Outside {
  const clusterOf = (name: string, settings: ClusterConfig): ClusterLink => wires?.cluster(name) ?? new ClusterConnection(name, settings);
  const clusters = new Map([...config.clusters].map(([name, settings]) => [name, clusterOf(name, settings)]));
  // Without any configuration: KUBECONFIG, the user's kubeconfig, or the account of the pod.
  if (!clusters.has('default')) clusters.set('default', clusterOf('default', { kind: 'kubeconfig' }));
  const http = new HttpClient({ connections: config.http, reveal: (name) => reveal(config, name), wire: wires?.http });
  const readFile = (path: string) => readFileSync(path, 'utf8');
  const redis = wires?.redis ?? new RedisTargets({ targets: config.redisTargets, ownStore: own.redis, readFile });
  const postgres = wires?.postgres ?? new PostgresTargets({ targets: config.postgresTargets, ownServer: own.postgres, readFile });
  const apiAt: ApiAt = (url, token) => new JsonApi(url, token, wires === undefined ? {} : { wire: wires.http });
  const alertmanager = new AlertmanagerClient(alertmanagersOf(config, apiAt));
  const prometheusNamed = new Map<string, JsonApi>();
  const prometheusAt = (name: string): JsonApi | undefined => {
    const declared = config.prometheus.get(name);
    if (declared !== undefined && !prometheusNamed.has(name)) prometheusNamed.set(name, apiAt(declared.url, declared.token));
    return prometheusNamed.get(name);
  };
  const sources = new Map(config.sources.map((source) => [source.name, apisOf(source, apiAt)]));
  return {
    clusters,
    kubernetes: createKubernetesReader(clusters, { commands: config.commands, protectedNamespaces: config.protection.namespaces }),
    http,
    redis,
    postgres,
    alertmanager,
    prometheus: createPrometheus({
      find: ({ source, from }) => (from === undefined ? (sources.get(source)?.prometheus ?? prometheusAt('default')) : prometheusAt(from)),
    }),
    evidence: createEvidence(sources),
    writers: (permit) => ({
      kubernetes: createKubernetesWriter(clusters, permit, { log, clock }),
      http: http.writer(permit),
      redis: redis.writer(permit),
      postgres: postgres.writer(permit),
      alertmanager: alertmanager.writer(permit),
    }),
    people: connectPeople(config, wires?.http),
    silencer: createSilencer(sources),
    warm: async () => {
      await clusters.get('default')?.warm();
    },
    async close() {
      http.close();
      redis.close();
      await postgres.close();
      await Promise.all([...clusters.values()].map((cluster) => cluster.close()));
    },
  };
}

type ApiAt = (url: string, token?: () => Secret) => JsonApi;

function alertmanagersOf({ sources }: Config, apiAt: ApiAt): ReadonlyMap<string, AlertmanagerPlace> {
  return new Map(sources.flatMap(({ name, alertmanager: url }) => (url === undefined ? [] : [[name, { url, api: apiAt(url) }] as const])));
}

function apisOf(source: Config['sources'][number], apiAt: ApiAt): EvidenceSource {
  return {
    kind: source.evidence,
    addedLabels: Object.keys(source.labels),
    ...(source.receivers === undefined ? {} : { receivers: source.receivers }),
    ...(source.alertmanager === undefined ? {} : { alertmanager: apiAt(source.alertmanager), place: new URL(source.alertmanager).href }),
    ...(source.prometheus === undefined ? {} : { prometheus: apiAt(source.prometheus.url, source.prometheus.token) }),
  };
}

function reveal(config: Config, name: string): string {
  const secret = config.secrets.get(name);
  if (secret === undefined) throw new FixpointError('secret.unavailable', `no secret is named ${name} (secrets: in fixpoint.yaml)`);
  return secret().reveal();
}
