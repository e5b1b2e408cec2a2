import { join, resolve } from 'node:path';
import { parseMatchers } from '../alert/matcher.ts';
import { messageOf } from '../errors.ts';
import type { DeclaredCommand } from '../ports/kubernetes.ts';
import { parseDuration } from '../value/duration.ts';
import { printable } from '../value/printable.ts';
import { Secret } from '../value/secret.ts';
import { parseTimeInterval } from '../value/time-interval.ts';
import { authConfig, listenerTls } from './auth-config.ts';
import { channelConfig } from './channel-config.ts';
import { commandParam } from './command-schema.ts';
import type { ClusterConfig, Config, SecretSource, SourceConfig } from './config.ts';
import { historyConfig } from './history-config.ts';
import type { Flags } from './load.ts';
import { defaultsOf, limitsOf } from './rule-bounds.ts';
import { ownTargets } from './own-targets.ts';
import { optionSpecs, type OptionName, type OptionSpec } from './options.ts';
import type { SecretRef } from './fields.ts';
import { logLevels, type ConfigFile } from './schema.ts';
import type { KubernetesSecret } from './kubernetes-secret.ts';
import { kubernetesSource, secretSource } from './secret-source.ts';
import { storeConfig } from './store-config.ts';
import { tracingConfig } from './tracing-config.ts';
import { httpTargets, postgresTargets, redisTargets } from './targets.ts';

export interface Parts {
  readonly content: ConfigFile;
  readonly file: string;
  /** Where relative paths of the file start. */
  readonly folder: string;
  readonly flags: Flags;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Problems found are added. */
  readonly messages: string[];
  /** Where secrets come from; files and environment unless told. */
  readonly secretOf?: (ref: SecretRef) => SecretSource;
}

/** Puts flags, environment and file together by precedence, and resolves what they refer to. */
export function assemble(parts: Parts): Config | undefined {
  const { content, folder, environment, messages } = parts;
  const origins: Record<string, { value: string; from: string }> = {};
  const pick = (name: OptionName, inFile: string | undefined) => {
    const { flag, variable, fallback }: OptionSpec = optionSpecs[name];
    const chosen = [
      { value: parts.flags[name], from: `flag ${flag}` },
      { value: environment[variable], from: `environment ${variable}` },
      { value: inFile, from: parts.file },
      { value: fallback, from: 'default' },
    ].find(({ value }) => value !== undefined && value !== '');
    if (chosen?.value !== undefined) origins[name] = { value: chosen.value, from: chosen.from };
    return chosen?.value;
  };
  const path = (name: 'data' | 'rules' | 'remediations') => {
    const inFile = content[name] === undefined ? undefined : resolve(folder, content[name]);
    return resolve(pick(name, inFile) ?? '');
  };
  const kubernetesSecrets: KubernetesSecret[] = [];
  const secret = (ref: SecretRef): SecretSource => {
    if (parts.secretOf !== undefined) return parts.secretOf(ref);
    if ('kubernetes' in ref) return kubernetesSource(ref.kubernetes, { content, known: kubernetesSecrets, messages });
    const source = secretSource(ref, { environment, folder });
    try {
      source();
    } catch (error) {
      messages.push(messageOf(error));
    }
    return source;
  };
  pick('config', undefined);
  const data = path('data');
  const redisInFile = content.store?.redis;
  const redisText = pick('redis', typeof redisInFile === 'string' ? redisInFile : undefined);
  const redis =
    redisText !== undefined
      ? () => new Secret(redisText)
      : redisInFile !== undefined && typeof redisInFile !== 'string'
        ? secret(redisInFile)
        : undefined;
  if (origins['redis'] !== undefined) origins['redis'] = { ...origins['redis'], value: withoutPassword(origins['redis'].value) };
  const store = storeConfig(content.store, { secret, folder, isAddressed: redis !== undefined });
  const paused = environment['FIXPOINT_PAUSED'];
  const tracing = tracingConfig(content.tracing, { environment, secret, messages });
  const channels = { secret, secrets: Object.keys(content.secrets ?? {}), messages };
  const listen = parseListen(pick('listen', content.listen) ?? '', messages);
  const tls = listenerTls(content, folder);
  return {
    listen,
    data,
    rules: path('rules'),
    remediations: path('remediations'),
    ...(redis === undefined ? {} : { redis }),
    ...store,
    history: historyConfig({ history: content.history, data, folder, secret, messages }),
    logLevel: parseLogLevel(pick('logLevel', content.log?.level) ?? '', messages),
    auth: authConfig({ content, folder, secret, messages }),
    ...(tls === undefined ? {} : { tls }),
    sources: Object.entries(content.sources ?? {}).map(([name, source]) => sourceConfig({ name, source, content, secret, messages })),
    clusters: new Map(Object.entries(content.clusters ?? {}).map(([name, cluster]) => [name, clusterConfig(cluster, folder)])),
    prometheus: new Map(
      Object.entries(content.prometheus ?? {}).map(([name, { url, token }]) => [
        name,
        { url, ...(token === undefined ? {} : { token: secret(token) }) },
      ]),
    ),
    http: httpTargets(content, secret),
    redisTargets: redisTargets(content, { secret, folder }),
    postgresTargets: postgresTargets(content, { secret, folder }),
    commands: new Map(Object.entries(content.commands ?? {}).map(([name, command]) => [name, declaredCommand(command)])),
    secrets: new Map(Object.entries(content.secrets ?? {}).map(([name, ref]) => [name, secret(ref)])),
    kubernetesSecrets,
    limits: limitsOf(content.limits),
    defaults: defaultsOf(content.defaults),
    targetCooldown: parseDuration(content.defaults?.targetCooldown ?? '30s') ?? 0,
    approvalLife: parseDuration(content.defaults?.approval ?? '1h') ?? 0,
    protection: {
      ...(content.protected ?? { targets: [], namespaces: [] }),
      own: ownTargets({ listen, environment, redis: redisAddresses(redis, store.redisSentinel) }),
    },
    timeIntervals: new Map(Object.entries(content.timeIntervals ?? {}).map(([name, written]) => [name, written.map(parseTimeInterval)])),
    escalation: (content.escalation ?? []).map((channel, index) => channelConfig(channel, { ...channels, place: `escalation[${index}]` })),
    notices: (content.notices ?? []).map(({ on, rules, ...channel }, index) => ({
      on,
      ...(rules === undefined ? {} : { rules }),
      channel: channelConfig(channel, { ...channels, place: `notices[${index}]` }),
    })),
    ...(tracing === undefined ? {} : { tracing }),
    ...(content.publicUrl === undefined ? {} : { publicUrl: content.publicUrl.replace(/\/+$/, '') }),
    quiet: parseDuration(content.defaults?.quiet ?? '1h') ?? 0,
    pauseFile: content.pause === undefined ? join(data, 'PAUSED') : resolve(folder, content.pause.file),
    ...(paused === undefined || /^(?:|0|false|no)$/i.test(paused) ? {} : { pausedByEnvironment: paused }),
    origins,
  };
}

function parseLogLevel(text: string, messages: string[]): string {
  const level = logLevels.find((known) => known === text);
  if (level === undefined) messages.push(`log level: expected one of ${logLevels.join(', ')}, found ${printable(text)}`);
  return level ?? 'info';
}

function parseListen(text: string, messages: string[]): { host: string; port: number } {
  const match = /^(?:(?<host>[^:\s]+|\[[0-9a-f:]+\]):)?(?<port>\d{1,5})$/i.exec(text);
  const port = Number(match?.groups?.['port']);
  if (match === null || port > 65_535) messages.push(`listen: expected an address such as 127.0.0.1:8080, found ${printable(text)}`);
  return { host: (match?.groups?.['host'] ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port };
}

interface SourceParts {
  readonly name: string;
  readonly source: NonNullable<ConfigFile['sources']>[string];
  readonly content: ConfigFile;
  readonly secret: (ref: SecretRef) => SecretSource;
  readonly messages: string[];
}

function sourceConfig({ name, source, content, secret, messages }: SourceParts): SourceConfig {
  const { credentials, evidence, alertmanager, prometheus, namespaces, labels, tombstone, receivers, heartbeat, heartbeatWithin } = source;
  if (evidence === 'api' && alertmanager === undefined) messages.push(`sources.${name}: evidence: api needs alertmanager: <address>`);
  if (evidence === 'prometheus' && prometheus === undefined)
    messages.push(`sources.${name}: evidence: prometheus needs prometheus: <address or name>`);
  const isAddress = prometheus !== undefined && /^https?:/.test(prometheus);
  const named = prometheus === undefined || isAddress ? undefined : content.prometheus?.[prometheus];
  const server = isAddress
    ? { url: prometheus }
    : named && { url: named.url, ...(named.token === undefined ? {} : { token: secret(named.token) }) };
  if (prometheus !== undefined && server === undefined) messages.push(`sources.${name}: there is no prometheus named ${prometheus}`);
  return {
    name,
    credentials: credentials.map((credential) =>
      'bearer' in credential
        ? { kind: 'bearer', token: secret(credential.bearer) }
        : { kind: 'basic', username: credential.basic.username, password: secret(credential.basic.password) },
    ),
    evidence,
    ...(alertmanager === undefined ? {} : { alertmanager }),
    ...(server === undefined ? {} : { prometheus: server }),
    ...(namespaces === undefined ? {} : { namespaces }),
    labels,
    tombstone: parseDuration(tombstone) ?? 0,
    ...(receivers === undefined ? {} : { receivers }),
    ...(heartbeat === undefined
      ? {}
      : { heartbeat: heartbeat.flatMap(parseMatchers), heartbeatWithin: parseDuration(heartbeatWithin ?? '15m') ?? 0 }),
  };
}

function clusterConfig(cluster: NonNullable<ConfigFile['clusters']>[string], folder: string): ClusterConfig {
  if ('server' in cluster) return { kind: 'server', server: cluster.server };
  if ('inCluster' in cluster) return { kind: 'in-cluster' };
  const { kubeconfig, context } = cluster;
  return {
    kind: 'kubeconfig',
    ...(kubeconfig === undefined ? {} : { file: resolve(folder, kubeconfig) }),
    ...(context === undefined ? {} : { context }),
  };
}

function declaredCommand({ argv, params, container, namespaces }: NonNullable<ConfigFile['commands']>[string]): DeclaredCommand {
  return {
    argv,
    params: Object.fromEntries(Object.entries(params).map(([name, param]) => [name, commandParam(param)])),
    ...(container === undefined ? {} : { container }),
    ...(namespaces === undefined ? {} : { namespaces }),
  };
}

/** Where our own Redis is, or those who name it are, if they are reached by an address. */
function redisAddresses(redis: SecretSource | undefined, sentinel: Config['redisSentinel']): readonly URL[] {
  const texts = sentinel?.addresses.map((address) => `redis://${address}`) ?? [revealed(redis)];
  return texts.flatMap((text) => URL.parse(text) ?? []);
}

function revealed(secret: SecretSource | undefined): string {
  try {
    return secret?.().reveal() ?? '';
  } catch {
    // Said already.
    return '';
  }
}

/** Everything before the last @ and everything after ? may hold a password. */
function withoutPassword(url: string): string {
  return url.replace(/\/\/.*@/, '//…@').replace(/\?.*$/, '?…');
}
