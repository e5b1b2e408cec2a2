import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The rules and remediations that come with Fixpoint. */
export const shippedFolders = { rules: join(root, 'rules'), remediations: join(root, 'remediations') };

/** One alerting rule of `deploy/prometheus`. */
export interface ShippedAlert {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The texts of the rule files in `deploy/prometheus`, by file name. */
export function shippedPrometheusRules(): ReadonlyMap<string, string> {
  const folder = join(root, 'deploy', 'prometheus');
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
  return new Map(files.toSorted().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

export function shippedAlertmanagerConfig(): string {
  return readFileSync(join(root, 'deploy', 'alertmanager', 'alertmanager.yml'), 'utf8');
}

/** All alerts of `deploy/prometheus`. */
export function shippedAlerts(): readonly ShippedAlert[] {
  return [...shippedPrometheusRules().values()].flatMap((text) => {
    const { groups = [] } = parse(text) as { groups?: readonly { rules?: readonly Partial<ShippedAlert>[] }[] };
    return groups.flatMap(({ rules = [] }) =>
      rules.flatMap(({ alert, expr = '', for: waits = '0s', labels = {} }) =>
        alert === undefined ? [] : [{ alert, expr, for: waits, labels }],
      ),
    );
  });
}
