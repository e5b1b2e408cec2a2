import type { Config, SourceConfig } from '../config/config.ts';
import type { Platform } from '../sandbox/patients/platform.ts';
import type { SandboxAddresses } from '../sandbox/sandbox-addresses.ts';

/** Labels that a platform's own rule files would add, and bare alerts posted by hand lack. */
export function labelsOfPlatform({ name, namespaces }: Pick<Platform, 'name' | 'namespaces'>): Readonly<Record<string, string>> {
  return { platform: name, namespace: namespaces[0] };
}

/**
 * The configuration with the sandbox's platforms as sources, cluster, Prometheus and HTTP services; what the user configured under
 * the same names stays. Also says which sources are the sandbox's own.
 */
export function withSandbox(
  config: Config,
  addresses: SandboxAddresses,
  platforms: readonly Pick<Platform, 'name' | 'namespaces'>[],
): { config: Config; sandboxSources: ReadonlySet<string> } {
  const configured = new Set(config.sources.map(({ name }) => name));
  const own = platforms
    .filter(({ name }) => !configured.has(name))
    .map((platform): SourceConfig => ({
      name: platform.name,
      credentials: [],
      evidence: 'api',
      alertmanager: addresses.alertmanagerUrl,
      prometheus: { url: addresses.prometheusUrl },
      labels: labelsOfPlatform(platform),
      tombstone: 360_000,
    }));
  const http = Object.entries(addresses.services).map(([name, origin]): [string, { origin: string; headers: Record<string, never> }] => [
    name,
    { origin, headers: {} },
  ]);
  return {
    config: {
      ...config,
      sources: [...config.sources, ...own],
      clusters: new Map([['default', { kind: 'server', server: addresses.kubernetesUrl }], ...config.clusters]),
      http: new Map([...http, ...config.http]),
      escalation: config.escalation.length > 0 ? config.escalation : [{ kind: 'alertmanager', url: addresses.alertmanagerUrl }],
    },
    sandboxSources: new Set(own.map(({ name }) => name)),
  };
}
