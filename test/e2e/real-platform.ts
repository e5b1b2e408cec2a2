import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startAlertmanager } from '../support/alertmanager.ts';
import { startFixpoint } from '../support/fixpoint.ts';
import { freePort } from '../support/free-port.ts';
import { startPrometheus } from '../support/prometheus.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { ApiClient } from './api-client.ts';
import { fasterRules } from '../../src/app/game-day/faster-rules.ts';
import { shippedPrometheusRules } from '../../src/app/game-day/shipped-files.ts';

/** Where the sandbox of a service listens, as it writes it into its data folder. */
export interface SandboxAddresses {
  readonly kubernetesUrl: string;
  readonly prometheusUrl: string;
  readonly controlUrl: string;
  readonly services: Readonly<Record<string, string>>;
}

export function sandboxOf(data: string): SandboxAddresses {
  return JSON.parse(readFileSync(join(data, 'sandbox.json'), 'utf8')) as SandboxAddresses;
}

const token = 'a-token-of-the-webhook';
const operatorToken = 'a-token-of-an-operator';

/**
 * Real Prometheus and Alertmanager around a real service with its sandbox: Prometheus scrapes the patients and evaluates the
 * shipped rules, Alertmanager posts with the shipped configuration, the service asks both for evidence.
 */
export async function startRealPlatform({ speed }: { speed: number }) {
  const folder = temporaryFolder();
  const port = await freePort();
  const alertmanager = await startAlertmanager({ config: alertmanagerConfig(port), files: { 'fixpoint-token': token } });
  const prometheus = await startPrometheus({
    config: prometheusConfig(new URL(alertmanager.url).host),
    files: {
      'llm-guardrails.yaml': fasterRules(shippedPrometheusRules().get('llm-guardrails.yaml') ?? '', speed),
      'llm-research.yaml': fasterRules(shippedPrometheusRules().get('llm-research.yaml') ?? '', speed),
      'targets.json': '[]',
    },
  });
  const config = join(folder.path, 'fixpoint.yaml');
  writeFileSync(config, fixpointConfig({ alertmanager: alertmanager.url, prometheus: prometheus.url }));
  writeFileSync(join(folder.path, 'webhook-token'), token);
  writeFileSync(join(folder.path, 'operator-token'), operatorToken);
  const service = await startFixpoint({ port, args: ['--sandbox', '--speed', String(speed), '--config', config] });
  const sandbox = sandboxOf(service.data);
  writeFileSync(join(prometheus.folder, 'targets.json'), JSON.stringify(targets(sandbox)));
  return {
    api: new ApiClient(service.url, operatorToken),
    service,
    sandbox,
    alertmanager,
    prometheus,
    async inject(platform: string, fault: string): Promise<void> {
      const response = await fetch(`${sandbox.controlUrl}/patients/${platform}/fault`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ fault }),
      });
      if (!response.ok) throw new Error(`fault ${fault}: ${response.status} ${await response.text()}`);
    },
    async stop(): Promise<void> {
      await service.stop();
      await prometheus.stop();
      await alertmanager.stop();
      folder.remove();
    },
  };
}

/** The shipped configuration with the port, the path of the token and the waiting times of a test. */
function alertmanagerConfig(port: number): string {
  return readFileSync(new URL('../../deploy/alertmanager/alertmanager.yml', import.meta.url), 'utf8')
    .replace('http://127.0.0.1:8080', `http://127.0.0.1:${port}`)
    .replace('/etc/alertmanager/fixpoint-token', 'fixpoint-token')
    .replace('group_wait: 5s', 'group_wait: 0s')
    .replace('group_interval: 30s', 'group_interval: 1s');
}

function prometheusConfig(alertmanager: string): string {
  return `
global: { scrape_interval: 1s, evaluation_interval: 1s, scrape_timeout: 1s }
rule_files: [llm-guardrails.yaml, llm-research.yaml]
alerting: { alertmanagers: [{ static_configs: [{ targets: ['${alertmanager}'] }] }] }
scrape_configs:
  - job_name: patients
    file_sd_configs: [{ files: [targets.json], refresh_interval: 1s }]
`;
}

function targets({ services }: SandboxAddresses): object[] {
  const labelsOf = (name: string) =>
    name.startsWith('llm-research-')
      ? { platform: 'llm-research', namespace: 'llm-research' }
      : { platform: 'llm-guardrails', namespace: 'guardrails-platform' };
  return Object.entries(services).map(([name, url]) => ({ targets: [new URL(url).host], labels: { ...labelsOf(name), service: name } }));
}

function fixpointConfig({ alertmanager, prometheus }: { alertmanager: string; prometheus: string }): string {
  return `
sources:
  default:
    credentials: [{ bearer: { file: webhook-token } }]
    evidence: api
    alertmanager: ${alertmanager}
    prometheus: ${prometheus}
auth:
  tokens: [{ name: tester, role: operator, token: { file: operator-token } }]
defaults: { targetCooldown: 1s }
escalation:
  - alertmanager: { url: '${alertmanager}' }
`;
}
