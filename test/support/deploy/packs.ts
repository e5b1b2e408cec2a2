import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { runCommand } from '../../../src/cli/run-command.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
export const kubernetesFolder = join(root, 'deploy/kubernetes');

const made = '# Made from the code and the shipped files (UPDATE_DOCS=1 with test/unit/deploy); a test compares them.\n';

/** One file of shipped rules, as it is taken into a cluster. */
interface Pack {
  readonly name: string;
  /** From the root of the clone. */
  readonly file: string;
}

export function shippedPacks(): readonly Pack[] {
  return yamlIn('rules').map((name) => ({ name: basename(name, '.yaml'), file: join('rules', name) }));
}

/** What `deploy/kubernetes` has of the shipped rules, remediations and alerts: path below it → text. */
export async function generatedManifests(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  files.set(
    'base/remediations.yaml',
    configMap(
      'fixpoint-shipped-remediations',
      yamlIn('remediations').map((name) => join('remediations', name)),
    ),
  );
  files.set('../compose/alertmanager.yml', composeAlertmanager());
  files.set('base/prometheus-rule.yaml', prometheusRule());
  files.set('base/process/rules-volume.yaml', rulesVolume());
  for (const pack of shippedPacks()) {
    const roles = await rolesOf(pack);
    files.set(`packs/${pack.name}/kustomization.yaml`, kustomization(['rules.yaml', ...(roles === undefined ? [] : ['roles.yaml'])]));
    files.set(`packs/${pack.name}/rules.yaml`, configMap(`fixpoint-rules-${pack.name}`, [pack.file]));
    if (roles !== undefined) files.set(`packs/${pack.name}/roles.yaml`, roles);
  }
  return files;
}

/** The command's own output; undefined where the rules need no rights. */
async function rolesOf({ name, file }: Pack): Promise<string | undefined> {
  const out: string[] = [];
  const said: string[] = [];
  const args = ['rbac', '--rules', join(root, file), '--remediations', join(root, 'remediations'), '--role-name', `fixpoint-${name}`];
  const code = await runCommand(args, {
    print: (line) => out.push(line),
    say: (line) => said.push(line),
    isTerminal: false,
    environment: {},
  });
  if (code !== 0) throw new Error(`fixpoint rbac for ${file}: ${said.join('\n')}`);
  return out.length === 0 ? undefined : `${made}# fixpoint rbac --rules ${file} --role-name fixpoint-${name}\n${out.join('\n')}\n`;
}

function configMap(name: string, files: readonly string[]): string {
  const data = Object.fromEntries(files.map((file) => [basename(file), readFileSync(join(root, file), 'utf8')]));
  return made + stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'fixpoint' }, data }, { lineWidth: 0 });
}

/** The shipped configuration, with the address that Fixpoint has under Compose. */
function composeAlertmanager(): string {
  return (
    made +
    readFileSync(join(root, 'deploy/alertmanager/alertmanager.yml'), 'utf8').replaceAll('http://127.0.0.1:8080', 'http://fixpoint:8080')
  );
}

/** The alerts about ourselves, for Prometheus's operator. */
function prometheusRule(): string {
  const text = readFileSync(join(root, 'deploy/prometheus/fixpoint-alerts.yaml'), 'utf8');
  const head = `apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: fixpoint
  namespace: fixpoint
  labels: { app.kubernetes.io/name: fixpoint }
spec:
`;
  return made + head + text.replace(/^(?=.)/gm, '  ');
}

/** Each pack is mounted if it is there: taking one in needs no change of the Deployment. */
function rulesVolume(): string {
  const names = ['fixpoint-rules', ...shippedPacks().map(({ name }) => `fixpoint-rules-${name}`)];
  const sources = names.map((name) => ({ configMap: { name, optional: true } }));
  const spec = { template: { spec: { volumes: [{ name: 'rules', projected: { sources } }] } } };
  return made + stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'fixpoint', namespace: 'fixpoint' }, spec });
}

function kustomization(resources: readonly string[]): string {
  return made + stringify({ apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', resources });
}

function yamlIn(folder: string): readonly string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.yaml'))
    .toSorted();
}
