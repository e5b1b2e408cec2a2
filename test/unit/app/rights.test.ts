import { describe, expect, it } from 'vitest';
import { actions } from '../../../src/actions/catalogue.ts';
import { rbacManifests } from '../../../src/app/rights/rbac-manifests.ts';
import { probeAlerts } from '../../../src/app/rights/probe-alerts.ts';
import { rightsOfRules, type Right } from '../../../src/app/rights/rights-of-rules.ts';
import { shapes } from '../../../src/app/shapes.ts';
import { loadRulebook } from '../../../src/rule/load.ts';
import { tokenOfAccount } from '../../../src/sandbox/kubernetes/access/account-token.ts';
import { platforms } from '../../../src/sandbox/patients/catalogue.ts';
import { formatTarget } from '../../../src/value/target.ts';
import type { CompiledRule } from '../../../src/rule/compiled-rule.ts';
import type { KubernetesObject } from '../../../src/sandbox/kubernetes/object.ts';
import { denials } from './denials.ts';
import { shippedRules } from '../../support/shipped-rules.ts';
import { jobTemplate, workloadOf } from '../../support/actions/practice-objects.ts';
import { addPod, podOwners, type PodOwner } from '../../support/actions/add-pod.ts';
import { PracticeCluster } from '../../support/actions/practice-cluster.ts';

const account = { namespace: 'fixpoint', name: 'fixpoint' };
const shipped = shippedRules();
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

  it('are those of the objects that it requires something of, unless it only plans', () => {
    const requiring = (mode: string) =>
      `${rule(mode, `'alertname="A"', 'which="one"'`)}\nguards: { requires: [{ object: { kind: ConfigMap, namespace: app, name: settings, path: /data/x }, is: y }] }`;
    const rightsIn = (mode: string) => rightsOf(rulesFrom(requiring(mode), restartLabelled)).rights.map(told);
    expect(rightsIn('auto')).toContain('get configmaps app/settings');
    expect(rightsIn('plan')).not.toContain('get configmaps app/settings');
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

/** What the platforms have, with as few replicas as there can be, so that whatever scales something changes it; and a node of the name that alerts here say. */
const objects = [
  ...platforms.flatMap((platform) => platform.objects),
  { apiVersion: 'v1', kind: 'Node', metadata: { name: 'x' }, spec: {} },
].map(asFewAsCanBe);

function asFewAsCanBe(object: KubernetesObject): KubernetesObject {
  const least = { Deployment: { replicas: 1 }, HorizontalPodAutoscaler: { minReplicas: 1 } }[object.kind];
  return least === undefined ? object : { ...object, spec: { ...(object['spec'] as object), ...least } };
}

const declaredCommands = new Map(
  platforms.flatMap(({ commands = {} }) => Object.entries(commands).map(([name, argv]) => [name, { argv, params: {} }] as const)),
);

/** Plans, asks the guards that read the cluster, applies and settles every rung of every rule for every alert that its matchers allow, with these rights alone. */
async function runAll(
  rights: readonly Right[],
  rules: readonly CompiledRule[] = shipped,
  prepare: (practice: PracticeCluster) => void = (practice) => practice.add(...objects),
): Promise<{ readonly forbidden: readonly string[]; readonly denied: readonly string[]; readonly applied: number }> {
  const practice = new PracticeCluster({ token: tokenOfAccount(account.namespace, account.name), commands: declaredCommands });
  prepare(practice);
  practice.add({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: account }, ...rbacManifests(rights, account));
  const denied: string[] = [];
  let applied = 0;
  for (const each of rules) {
    for (const alert of probeAlerts(each, 'x')) {
      for (const step of each.ladder.flatMap((rung) => rung.probe(alert)).filter(({ action }) => action.startsWith('kubernetes.'))) {
        const action = actions.get(step.action);
        // A count that only reading tells is one that changes something.
        const params = { ...(step.params as object), ...(step.open.includes('replicas') ? { replicas: { atLeast: 9 } } : {}) } as never;
        const plan = await action?.plan(params, practice.context).catch(() => undefined);
        if (action === undefined || plan === undefined || action.effect === 'read') continue;
        const named = action.target(params);
        denied.push(...(await denials(each, { target: plan.target ?? (named && formatTarget(named)) ?? '', practice })));
        const output = await action.apply(plan.intent, practice.context).catch(() => undefined);
        if (output === undefined) continue;
        practice.rest();
        await action.settled?.(plan.intent, { ...practice.context, output }).catch(() => undefined);
        applied += 1;
      }
    }
  }
  return { forbidden: practice.forbidden, denied, applied };
}

describe('the rights of a rule whose targets only plan knows', () => {
  const matched = (name: string) => `'alertname="A"', 'pod="${name}"'`;
  const withFleet = (mode: string, name = 'web-1') =>
    rule(mode, matched(name)) + '\nguards: { blastRadius: { targets: 5, percent: 50, fleet: { kind: StatefulSet, namespace: other } } }';
  const pod = { namespace: 'app', pod: '${labels.pod}' };
  const stepOf = (action: string, params: object) =>
    `  - { id: r, action: kubernetes.${action}, with: ${JSON.stringify({ ...pod, ...params })} }\n`;
  const owned = (kind: string) => [
    { ...workloadOf({ name: 'db', namespace: 'other', kind: 'StatefulSet' }) },
    ...(kind === 'Job'
      ? [{ apiVersion: 'batch/v1', kind, metadata: { name: 'own', namespace: 'app' }, spec: jobTemplate }]
      : [{ ...workloadOf({ name: 'own' }), kind }]),
  ];

  /** A rule about a pod of such a workload, by the name it has in every world seeded alike. */
  const ruleAboutPodOf = (kind: string, action: string) => {
    const seen = new PracticeCluster();
    seen.add(...owned(kind));
    return rulesFrom(withFleet('auto', seen.pods('app')[0]?.metadata.name), stepOf(action, {}));
  };

  it.each(['Deployment', 'StatefulSet', 'DaemonSet', 'Job'])('suffice where the pod is of a %s, guards included', async (kind) => {
    for (const action of ['evict', 'deletePod']) {
      const rules = ruleAboutPodOf(kind, action);
      const { rights, problems } = rightsOf(rules);
      expect(problems).toEqual([]);
      expect(await runAll(rights, rules, (practice) => practice.add(...owned(kind)))).toEqual({ forbidden: [], denied: [], applied: 1 });
    }
  });

  it('suffice for the guards of an exec in a pod', () => {
    const { rights } = rightsOf(rulesFrom(rule('auto', matched('web-1')), stepOf('exec', { command: 'purge' })));
    const owners = ['deployments', 'statefulsets', 'daemonsets', 'replicasets', 'jobs'].map((resource) => `get ${resource} app/*`);
    expect(rights.map(told)).toEqual(expect.arrayContaining([...owners, 'get namespaces app/app']));
  });

  it.each([
    ['list', 'statefulsets', 'Deployment'],
    ['get', 'deployments', 'Deployment'],
    ['get', 'statefulsets', 'StatefulSet'],
    ['get', 'daemonsets', 'DaemonSet'],
    ['get', 'jobs', 'Job'],
    ['get', 'namespaces', 'Deployment'],
  ])('without %s of %s a guard denies', async (verb, resource, kind) => {
    const rules = ruleAboutPodOf(kind, 'evict');
    const rights = rightsOf(rules).rights.filter((right) => right.verb !== verb || right.resource !== resource);
    expect((await runAll(rights, rules, (practice) => practice.add(...owned(kind)))).denied.length).toBeGreaterThan(0);
  });

  it('are no guard’s while a rule only plans', () => {
    expect(
      rightsOf(rulesFrom(withFleet('plan'), stepOf('evict', {})))
        .rights.map(told)
        .toSorted(),
    ).toEqual(['get pods app/web-1', 'get replicasets app/*', 'list poddisruptionbudgets app/*']);
  });

  it('are told to be unknown for each alert that cannot be tried, also where others can', () => {
    const step = `  - { id: r, action: kubernetes.restart, with: { namespace: app, name: '\${labels.which == "one" ? "web" : string(int(labels.which))}' } }\n`;
    const { rights, problems } = rightsOf(rulesFrom(rule('auto', `'alertname="A"', 'which=~"one|two"'`), step));
    expect(rights.map(told)).toContain('patch deployments app/web');
    expect(problems).toEqual([expect.stringContaining('rule a, rung a: the rights it needs cannot be told without an alert')]);
  });
});

describe('the manifests for the shipped rules', () => {
  const { rights, problems } = rightsOf(shipped);

  /** How often actions and guards were refused with these rights. */
  const withPodOf = (kind: PodOwner) => (practice: PracticeCluster) => {
    practice.add(...objects);
    addPod(practice, { namespace: 'llm-research', name: 'x', kind });
  };

  async function lackOf(given: readonly Right[], rules: readonly CompiledRule[], podOf?: PodOwner): Promise<number> {
    const { forbidden, denied } = await runAll(given, rules, ...(podOf === undefined ? [] : [withPodOf(podOf)]));
    return forbidden.length + denied.length;
  }

  it('suffice for every shipped rule, and are told without problems', async () => {
    expect(problems).toEqual([]);
    const { forbidden, denied, applied } = await runAll(rights, shipped, withPodOf('Deployment'));
    expect(forbidden).toEqual([]);
    expect(denied).toEqual([]);
    expect(applied).toBeGreaterThanOrEqual(12);
  });

  /** No socket is opened here, and the pods that rules name are of one kind each: what these need is proven above and in exec.test.ts. */
  const isOfExec = ({ resource, verb }: Right) =>
    resource === 'pods/exec' || (verb === 'get' && (resource === 'daemonsets' || resource === 'replicasets'));
  /** Only one colour is live; HTTP actions are not tried here; sets of pods that are not theirs end them before a guard looks (see above). */
  const isNotTried = ({ namespace, resource, name = '' }: Right) =>
    namespace === 'llm-research' && (/-(?:green|blue)$/.test(name) || ['endpointslices', 'statefulsets', 'daemonsets'].includes(resource));
  const tried = rights.filter((right) => !isOfExec(right) && !isNotTried(right));

  /** A count that an autoscaler owns is itself set only from and to 0. */
  const isOfSwitch = ({ resource, verb, namespace, name }: Right) =>
    verb === 'patch' &&
    resource === 'deployments/scale' &&
    objects.some(
      ({ kind, metadata, spec }) =>
        kind === 'HorizontalPodAutoscaler' &&
        metadata.namespace === namespace &&
        (spec as { scaleTargetRef?: { name?: string } }).scaleTargetRef?.name === name,
    );

  it.each(tried.filter((right) => !isOfSwitch(right)).map((right) => [told(right), right] as const))(
    'without the right to %s something is forbidden',
    { timeout: 20_000 },
    async (_told, missing) => {
      const left = rights.filter((right) => right !== missing);
      // One for all namespaces covers those of rules that need it in one.
      const needing = shipped.filter(({ name }) => missing.namespace === undefined || missing.rules.includes(name));
      let missed = await lackOf(left, needing);
      // Some are for the pod that an alert names, and for one kind of its owner alone.
      for (const podOf of podOwners) missed += missed > 0 ? 0 : await lackOf(left, needing, podOf);
      expect(missed).toBeGreaterThan(0);
    },
  );

  it('grant nothing but what is told: no verb or resource for all, and names wherever there are some', () => {
    const text = JSON.stringify(rbacManifests(rights, account));
    expect(text).not.toContain('"*"');
    // Which node it is only the alert says.
    const nameless = rights.filter(({ verb, name }) => verb === 'patch' && name === undefined);
    expect(nameless.map(({ resource, rules }) => [resource, rules])).toEqual([['nodes', ['ml-node-not-ready']]]);
  });
});
