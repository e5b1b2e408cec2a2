import { stringify } from 'yaml';
import { loadConfig } from '../config/load.ts';
import { isDnsLabel, isDnsSubdomain } from '../value/name.ts';
import { textOption, UsageError, type Command } from './command.ts';
import { configOptions, flagsFrom } from './config-options.ts';

export const rbac: Command = {
  name: 'rbac',
  summary: 'Print the Kubernetes roles and bindings that the loaded rules need, and no more, for kubectl apply.',
  usage:
    '[--cluster default] [--namespace fixpoint] [--service-account fixpoint] [--role-name <name>] [--rules ./rules] [--config fixpoint.yaml]',
  example: 'fixpoint rbac --namespace fixpoint | kubectl apply -f -',
  options: {
    ...configOptions,
    'cluster': { type: 'string' },
    'namespace': { type: 'string' },
    'service-account': { type: 'string' },
    'role-name': { type: 'string' },
  },
  positionals: { least: 0, most: 0 },
  async run({ values, environment, print, say, isJson }) {
    const cluster = textOption(values, 'cluster') ?? 'default';
    const namespace = textOption(values, 'namespace') ?? 'fixpoint';
    const name = textOption(values, 'service-account') ?? 'fixpoint';
    const roleName = textOption(values, 'role-name') ?? name;
    if (!isDnsLabel(namespace))
      throw new UsageError(`--namespace is a name of lower-case letters, digits and dashes, not ${JSON.stringify(namespace)}`);
    if (!isDnsSubdomain(name))
      throw new UsageError(`--service-account is a name of lower-case letters, digits and dashes, not ${JSON.stringify(name)}`);
    if (!isDnsSubdomain(roleName))
      throw new UsageError(`--role-name is a name of lower-case letters, digits and dashes, not ${JSON.stringify(roleName)}`);
    const config = loadConfig(flagsFrom(values), environment);
    const { loadedManifests } = await import('../app/rights/loaded-rights.ts');
    const { manifests, problems, clusters } = loadedManifests(config, { cluster, account: { namespace, name, roleName } });
    if (isJson) print(JSON.stringify({ cluster, manifests, problems }));
    else if (manifests.length === 0)
      say(`the rules need no rights in cluster ${cluster}${clusters.length === 0 ? '' : `; they act in ${clusters.join(', ')}`}`);
    else
      print(
        manifests
          .map((manifest) => stringify(manifest))
          .join('---\n')
          .trimEnd(),
      );
    for (const problem of problems) say(problem);
    return problems.length > 0 ? 1 : 0;
  },
};
