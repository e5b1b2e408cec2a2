import { commandsOfPlatform, labelsOfPlatform } from '../app/sandbox-config.ts';
import type { Config, SourceConfig } from '../config/config.ts';
import { platforms } from '../sandbox/patients/catalogue.ts';
import { Secret } from '../value/secret.ts';
import type { Places } from './world.ts';

const alertmanagerUrl = 'http://alertmanager.test';
const prometheusUrl = 'http://prometheus.test';

/**
 * The configuration that a test runs under: what is configured stays; what is not is made up, so that rules may name any connection
 * and a source is there.
 */
export function deploymentOf(config: Config, platformName: string | undefined): { config: Config; places: Places } {
  const platform = platforms.find(({ name }) => name === platformName);
  const own: SourceConfig = {
    name: sourceNamesOf({ sources: [] }, platformName)[0] ?? '',
    credentials: [],
    evidence: 'api',
    alertmanager: alertmanagerUrl,
    prometheus: { url: prometheusUrl },
    labels: platform === undefined ? {} : labelsOfPlatform(platform),
    tombstone: 360_000,
  };
  const sources = config.sources.length > 0 ? config.sources : [own];
  const http = new InventedMap(config.http, (name) => ({
    origin: `http://${name}.test`,
    headers: {},
    ...(platform?.connections !== undefined && Object.hasOwn(platform.connections, name) ? platform.connections[name] : {}),
  }));
  const prometheus = new InventedMap(config.prometheus, () => ({ url: prometheusUrl }));
  const escalation = config.escalation.length > 0 ? config.escalation : [{ kind: 'alertmanager' as const, url: alertmanagerUrl }];
  const secrets = new InventedMap(config.secrets, (name) => () => new Secret(`secret ${name}`));
  const commands = new Map([...(platform === undefined ? [] : commandsOfPlatform(platform)), ...config.commands]);
  const channels = [...escalation, ...config.notices.map(({ channel }) => channel)];
  const places: Places = {
    alertmanagers: new Set([
      ...sources.flatMap(({ alertmanager }) => (alertmanager === undefined ? [] : [originOf(alertmanager)])),
      ...channels.flatMap((channel) => (channel.kind === 'alertmanager' ? [originOf(channel.url)] : [])),
    ]),
    prometheus: new Set([
      ...sources.flatMap((source) => (source.prometheus === undefined ? [] : [originOf(source.prometheus.url)])),
      prometheusUrl,
      ...[...config.prometheus.values()].map(({ url }) => originOf(url)),
    ]),
    connectionAt: (origin) => [...http].find(([, connection]) => originOf(connection.origin) === origin)?.[0],
  };
  return { config: { ...config, sources, http, prometheus, commands, escalation, secrets }, places };
}

/** The sources there are in a test; where none is configured, one for all. */
export function sourceNamesOf({ sources }: Pick<Config, 'sources'>, platform: string | undefined): readonly string[] {
  return sources.length > 0 ? sources.map(({ name }) => name) : [platform ?? 'main'];
}

/** What is asked for by a name that is not there is made up, and then there. */
class InventedMap<T> extends Map<string, T> {
  readonly #invent: (name: string) => T;

  constructor(known: ReadonlyMap<string, T>, invent: (name: string) => T) {
    super(known);
    this.#invent = invent;
  }

  override get(name: string): T {
    const known = super.get(name) ?? this.#invent(name);
    this.set(name, known);
    return known;
  }
}

function originOf(url: string): string {
  return new URL(url).origin;
}
