import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkRules } from '../../../src/app/check-rules.ts';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';

describe('a step on what the configuration protects', () => {
  let folder: TemporaryFolder;

  beforeEach(() => {
    folder = temporaryFolder();
    for (const name of ['rules', 'remediations']) mkdirSync(join(folder.path, name));
    const params = "{ kind: Deployment, namespace: '${params.namespace}', name: '${params.name}' }";
    writeFileSync(
      join(folder.path, 'remediations/restart.yaml'),
      `name: restart\nsummary: s\nparams: { namespace: { type: string }, name: { type: string } }\nsteps: [{ id: r, action: kubernetes.restart, with: ${params} }]\n`,
    );
  });

  afterEach(() => folder.remove());

  function warnings({ match = 'alertname="A"', namespace, targets = [] }: { match?: string; namespace: string; targets?: string[] }) {
    const verify = 'verify: { checks: [rolloutComplete] }';
    writeFileSync(
      join(folder.path, 'rules/a.yaml'),
      `rules:\n  - name: a\n    summary: s\n    match: '${match}'\n    mode: auto\n    ladder: [{ remediation: restart, with: { namespace: '${namespace}', name: coredns } }]\n    ${verify}\n`,
    );
    return checkRules({
      rules: join(folder.path, 'rules'),
      remediations: join(folder.path, 'remediations'),
      limits: {},
      defaults: {},
      protection: { namespaces: ['kube-system'], targets, own: [] },
    }).problems.map(({ severity, line, message }) => `${line}: ${severity}: ${message}`);
  }

  it.each([
    ['written', { namespace: 'kube-system' }],
    ['from a label that the rule requires', { namespace: '${labels.namespace}', match: 'namespace="kube-system"' }],
  ])('is warned of where its namespace is %s', (_, rule) =>
    expect(warnings(rule)).toEqual(['2: warning: rule a: rung restart is denied for every alert: namespace kube-system is protected']),
  );

  it('is warned of where it is protected by name', () =>
    expect(warnings({ namespace: 'shop', targets: ['kubernetes/*/shop/*/core*'] }).join()).toContain(
      'is protected by `protected: kubernetes',
    ));

  it.each([
    ['is elsewhere', { namespace: 'shop' }],
    ['is where the alert says', { namespace: '${labels.namespace}', match: 'namespace=~".+"' }],
    ['may be one or the other', { namespace: '${labels.namespace}', match: 'namespace=~"kube-system|shop"' }],
  ])('is not warned of where it %s', (_, rule) => expect(warnings(rule)).toEqual([]));
});
