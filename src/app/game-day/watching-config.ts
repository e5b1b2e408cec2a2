import { formatDuration } from '../../value/duration.ts';
import type { Platform } from '../../sandbox/patients/platform.ts';
import { scrapeInterval } from './faster-rules.ts';

/** The shipped configuration with our port, the file of the token, and waits that suit the speed. */
export function alertmanagerConfig(shipped: string, { url, speed }: { readonly url: string; readonly speed: number }): string {
  return [
    ['http://127.0.0.1:8080', url],
    ['/etc/alertmanager/fixpoint-token', 'fixpoint-token'],
    ['group_wait: 5s', 'group_wait: 0s'],
    ['group_interval: 30s', `group_interval: ${formatDuration(Math.max(500, 30_000 / speed))}`],
  ].reduce((text, [from = '', to = '']) => {
    if (!text.includes(from)) throw new Error(`deploy/alertmanager/alertmanager.yml does not say ${from} any more`);
    return text.replace(from, to);
  }, shipped);
}

interface Watched {
  readonly speed: number;
  readonly alertmanagerUrl: string;
  readonly ruleFiles: readonly string[];
  readonly platforms: readonly Pick<Platform, 'name' | 'namespaces' | 'services' | 'scrapes'>[];
  /** Of the platforms' services, by name. */
  readonly ports: Readonly<Record<string, number>>;
}

/** A Prometheus that scrapes the services of the platforms and evaluates rules; JSON is YAML too. */
export function prometheusConfig({ speed, alertmanagerUrl, ruleFiles, platforms, ports }: Watched): string {
  const interval = formatDuration(scrapeInterval(speed));
  const targets = platforms.flatMap(({ name, namespaces, services, scrapes = {} }) =>
    services.map((service) => {
      const { path = '/metrics', namespace = namespaces[0] } = scrapes[service] ?? {};
      const { pathname, searchParams } = new URL(path, 'http://service');
      const parameters = [...searchParams].map(([parameter, value]) => [`__param_${parameter}`, value]);
      const labels = { platform: name, namespace, service, __metrics_path__: pathname, ...Object.fromEntries(parameters) };
      return { targets: [`127.0.0.1:${ports[service] ?? 0}`], labels };
    }),
  );
  return JSON.stringify({
    global: { scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: ruleFiles,
    alerting: { alertmanagers: [{ static_configs: [{ targets: [new URL(alertmanagerUrl).host] }] }] },
    // What a service says of its namespace counts: some tell of several.
    scrape_configs: [{ job_name: 'patients', honor_labels: true, static_configs: targets }],
  });
}
