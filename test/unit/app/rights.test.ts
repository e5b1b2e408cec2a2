import { describe, expect, it } from 'vitest';
import { actions } from '../../../src/actions/catalogue.ts';
import { rbacManifests } from '../../../src/app/rights/rbac-manifests.ts';
import { probeAlerts } from '../../../src/app/rights/probe-alerts.ts';
import { rightsOfRules, type Right } from '../../../src/app/rights/rights-of-rules.ts';
import { shapes } from '../../../src/app/shapes.ts';
import { loadRulebook } from '../../../src/rule/load.ts';
import { tokenOfAccount } from '../../../src/sandbox/kubernetes/access/user.ts';
import { llmGuardrails } from '../../../src/sandbox/platform/llm-guardrails.ts';
import { llmResearch } from '../../../src/sandbox/platform/llm-research.ts';
import type { CompiledRule } from '../../../src/rule/compiled-rule.ts';
import { shippedRules } from '../../support/shipped-rules.ts';
import { PracticeCluster } from '../../support/actions/practice-cluster.ts';

const account = { namespace: 'fixpoint', name: 'fixpoint' };
const defaults = { attempts: 3, cooldown: 900_000 };

function rulesFrom(rule: string, steps: string): readonly CompiledRule[] {
  const { rulebook, problems } = loadRulebook({
    rules: [{ file: 'rules/a.yaml', text: `rules:\n  - ${rule.trim().replaceAll('\n', '\n    ')}\n` }],
    remediations: [{ file: 'remediations/a.yaml', text: `name: a\nsummary: a\nparams: {}\nsteps:\n${steps}` }],
    shapes: shapes(),
    limits: {},
    defaults,
  });
  if (rulebook === undefined) throw new Error(JSON.stringify(problems));
  return rulebook.rules;
}

const rightsOf = (rules: readonly CompiledRule[]) => rightsOfRules(rules, { actions });
const told = ({ namespace = '*', resource, verb, name = '*' }: Right) => `${verb} ${resource} ${namespace}/${name}`;

const rule = (mode: string, match: string) => `
name: a
summary: a
match: [${match}]
subject: kubernetes/default/app/deployment.apps/web
mode: ${mode}
ladder: [{ remediation: a }]
verify: { checks: [rolloutComplete: {}] }`;
const restartLabelled = `  - { id: r, action: kubernetes.restart, with: { namespace: app, name: 'web-\${labels.which}' } }\n`;

describe('the rights that rules need', () => {
  it('name the objects that matchers fix, each of them', () => {
    const { rights } = rightsOf(rulesFrom(rule('auto', `'alertname="A"', 'which=~"one|two"'`), restartLabelled));
    expect(rights.map(told).toSorted()).toEqual([
      'create events app/*',
      'get deployments app/web-one',
      'get deployments app/web-two',
      'get namespaces app/app',
      'patch deployments app/web-one',
      'patch deployments app/web-two',
    ]);
  });

  it('name no object where an alert decides', () => {
    const { rights } = rightsOf(rulesFrom(rule('auto', `'alertname="A"', 'which!=""'`), restartLabelled));
    expect(rights.map(told).toSorted()).toEqual([
      'create events app/*',
      'get deployments app/*',
      'get namespaces app/app',
      'patch deployments app/*',
    ]);
  });

  it('are for all namespaces where an alert decides the namespace', () => {
    const step = `  - { id: r, action: kubernetes.evict, with: { namespace: '\${labels.namespace}', pod: '\${labels.pod}' } }\n`;
    const { rights } = rightsOf(rulesFrom(rule('auto', `'alertname="A"', 'namespace!=""', 'pod!=""'`), step));
    expect(new Set(rights.map(({ namespace }) => namespace))).toEqual(new Set([undefined]));
    expect(rights.map(told)).toContain('create pods/eviction */*');
    expect(rbacManifests(rights, account).map(({ kind }) => kind)).toEqual(['ClusterRole', 'ClusterRoleBinding']);
  });

  it('see both sides of a label that may be missing', () => {
    const step = `  - { id: r, action: kubernetes.restart, with: { namespace: app, name: '\${has(labels.which) ? "web" : "api"}' } }\n`;
    const { rights } = rightsOf(rulesFrom(rule('auto', `'alertname="A"'`), step));
    expect(rights.map(told)).toEqual(expect.arrayContaining(['patch deployments app/web', 'patch deployments app/api']));
  });

  it('are reading only for a rule that plans, and none for one that observes', () => {
    const match = `'alertname="A"', 'which="one"'`;
    expect(rightsOf(rulesFrom(rule('plan', match), restartLabelled)).rights.map(told)).toEqual(['get deployments app/web-one']);
    expect(rightsOf(rulesFrom(rule('observe', match), restartLabelled)).rights).toEqual([]);
    const limited = rightsOfRules(rulesFrom(rule('auto', match), restartLabelled), { actions, limit: 'plan' });
    expect(limited.rights.map(told)).toEqual(['get deployments app/web-one']);
  });

  it('count the GET that opens an exec as acting', () => {
    const step = `  - { id: r, action: kubernetes.exec, with: { namespace: app, pod: web-1, command: purge } }\n`;
    const { rights } = rightsOf(rulesFrom(rule('plan', `'alertname="A"'`), step));
    expect(rights.map(told).filter((right) => right.includes('exec'))).toEqual([]);
  });

  it('that cannot be told are told so', () => {
    const step = `  - { id: r, action: kubernetes.restart, with: { namespace: app, name: '\${string(int(labels.n))}' } }\n`;
    const { problems } = rightsOf(rulesFrom(rule('auto', `'alertname="A"', 'n!=""'`), step));
    expect(problems).toEqual([expect.stringContaining('rule a, rung a: the rights it needs cannot be told without an alert')]);
  });
});

/** Plans, applies and settles every rung of every shipped rule for every alert that its matchers allow, with these rights alone. */
async function runAll(rights: readonly Right[]): Promise<{ readonly forbidden: readonly string[]; readonly applied: number }> {
  const practice = new PracticeCluster({ token: tokenOfAccount(account.namespace, account.name) });
  practice.add(...llmGuardrails.objects, ...llmResearch.objects);
  practice.add({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: account }, ...rbacManifests(rights, account));
  let applied = 0;
  for (const shipped of shippedRules()) {
    for (const alert of probeAlerts(shipped, 'x')) {
      for (const step of shipped.ladder.flatMap((rung) => rung.probe(alert)).filter(({ action }) => action.startsWith('kubernetes.'))) {
        const action = actions.get(step.action);
        const plan = await action?.plan(step.params as never, practice.context).catch(() => undefined);
        if (action === undefined || plan === undefined || action.effect === 'read') continue;
        const output = await action.apply(plan.intent, practice.context).catch(() => undefined);
        if (output === undefined) continue;
        practice.rest();
        await action.settled?.(plan.intent, { ...practice.context, output });
        applied += 1;
      }
    }
  }
  return { forbidden: practice.forbidden, applied };
}

describe('the manifests for the shipped rules', () => {
  const { rights, problems } = rightsOf(shippedRules());

  it('suffice for every shipped rule, and are told without problems', async () => {
    expect(problems).toEqual([]);
    const { forbidden, applied } = await runAll(rights);
    expect(forbidden).toEqual([]);
    expect(applied).toBeGreaterThanOrEqual(12);
  });

  // The guard protectedTarget reads namespaces; the actions themselves do not.
  const ofActions = rights.filter(({ resource }) => resource !== 'namespaces');
  it.each(ofActions.map((right) => [told(right), right] as const))(
    'without the right to %s something is forbidden',
    async (_told, missing) => {
      const { forbidden } = await runAll(rights.filter((right) => right !== missing));
      expect(forbidden.length).toBeGreaterThan(0);
    },
  );

  it('grant nothing but what is told: no verb or resource for all, and names wherever there are some', () => {
    const text = JSON.stringify(rbacManifests(rights, account));
    expect(text).not.toContain('"*"');
    expect(rights.filter(({ verb, name }) => verb === 'patch' && name === undefined)).toEqual([]);
  });
});
