import type { AnyAction } from '../../actions/action.ts';
import type { KubernetesReader, ObjectRef } from '../../ports/kubernetes.ts';
import type { CompiledRule } from '../../rule/compiled-rule.ts';
import { formatTarget, type Target } from '../../value/target.ts';
import { probeAlerts, unknowns } from '../rights/probe-alerts.ts';
import { rightsOfRules, type Right } from '../rights/rights-of-rules.ts';
import type { Mode } from '../../rule/mode.ts';
import { ask } from './ask.ts';
import type { Finding } from './finding.ts';

/** Kinds whose objects a rule expects to be there; Jobs are made by the rule itself. */
const kinds: Readonly<Record<string, readonly [apiVersion: string, kind: string]>> = {
  'deployment.apps': ['apps/v1', 'Deployment'],
  'statefulset.apps': ['apps/v1', 'StatefulSet'],
  'daemonset.apps': ['apps/v1', 'DaemonSet'],
  'cronjob.batch': ['batch/v1', 'CronJob'],
  'configmap': ['v1', 'ConfigMap'],
  'service': ['v1', 'Service'],
  'node': ['v1', 'Node'],
};

export interface ClusterQuestion {
  readonly rules: readonly CompiledRule[];
  readonly actions: ReadonlyMap<string, AnyAction>;
  readonly limit?: Mode;
  readonly kubernetes: KubernetesReader;
  readonly signal: AbortSignal;
}

/** Whether every target is there, and every verb that the rules need is allowed. */
export async function examineClusters(question: ClusterQuestion): Promise<readonly Finding[]> {
  const { rights, problems } = rightsOfRules(question.rules, question);
  const clusters = [...new Set(rights.map(({ cluster }) => cluster))];
  const untold = problems.map((message): Finding => ({
    area: 'rights',
    about: 'rules',
    verdict: 'warning',
    message,
    fix: 'fix with a matcher the labels that it reads, or give its rights by hand',
  }));
  const perCluster = clusters.map(async (cluster): Promise<readonly Finding[]> => {
    const rightFindings = await examineRights(
      cluster,
      rights.filter((right) => right.cluster === cluster),
      question,
    );
    if (rightFindings.some(({ about, verdict }) => about === `cluster ${cluster}` && verdict === 'problem')) return rightFindings;
    return [...rightFindings, ...(await examineTargets(cluster, question))];
  });
  return [...untold, ...(await Promise.all(perCluster)).flat()];
}

async function examineRights(
  cluster: string,
  rights: readonly Right[],
  { kubernetes, signal }: ClusterQuestion,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const right of rights) {
    const answered = await ask((asked) => kubernetes.may(right, asked), signal);
    if ('code' in answered) {
      const { message } = answered;
      return [
        {
          area: 'rights',
          about: `cluster ${cluster}`,
          verdict: 'problem',
          message,
          fix: `mend clusters.${cluster} in fixpoint.yaml, or its credential`,
        },
      ];
    }
    if (answered.answer) continue;
    findings.push({
      area: 'rights',
      about: `cluster ${cluster}`,
      verdict: 'problem',
      message: `may not ${describe(right)}, which ${list(right.rules)} ${right.rules.length === 1 ? 'needs' : 'need'}`,
      fix: `fixpoint rbac --cluster ${cluster} | kubectl apply -f -`,
    });
  }
  if (findings.length > 0) return findings.map((finding) => ({ ...finding, about: describePlace(cluster) }));
  return [
    { area: 'rights', about: `cluster ${cluster}`, verdict: 'ok', message: `all ${rights.length} rights that the rules need are there` },
  ];
}

function describePlace(cluster: string): string {
  return `account in ${cluster}`;
}

function describe({ verb, resource, apiGroup, namespace, name }: Right): string {
  const what = apiGroup === '' ? resource : `${resource}.${apiGroup}`;
  return `${verb} ${what}${name === undefined ? '' : ` ${name}`}${namespace === undefined ? ' in all namespaces' : ` in ${namespace}`}`;
}

function list(rules: readonly string[]): string {
  return rules.length > 3 ? `${rules.slice(0, 3).join(', ')} and ${rules.length - 3} more` : rules.join(', ');
}

/** Objects that rules name without an alert's help, and who names them. */
function targetsOf(
  cluster: string,
  { rules, actions }: ClusterQuestion,
): ReadonlyMap<string, { readonly target: Target; readonly rules: Set<string> }> {
  const found = new Map<string, { target: Target; rules: Set<string> }>();
  for (const rule of rules) {
    const [ones = [], others = []] = unknowns.map((unknown) =>
      probeAlerts(rule, unknown).map((alert) => targetsFor(rule, { alert, actions })),
    );
    for (const [index, targets] of ones.entries()) {
      for (const [place, target] of targets.entries()) {
        const other = others[index]?.[place];
        if (target?.technology !== 'kubernetes' || target.cluster !== cluster || other === undefined) continue;
        const name = formatTarget(target);
        if (name !== formatTarget(other)) continue;
        const known = found.get(name) ?? { target, rules: new Set<string>() };
        known.rules.add(rule.name);
        found.set(name, known);
      }
    }
  }
  return found;
}

function targetsFor(
  rule: CompiledRule,
  { alert, actions }: { alert: ReturnType<typeof probeAlerts>[number]; actions: ReadonlyMap<string, AnyAction> },
): readonly (Target | undefined)[] {
  return rule.ladder.flatMap((rung) => {
    try {
      return rung.probe(alert).map((step) => actions.get(step.action)?.target(step.params as never));
    } catch {
      // What cannot be told without an alert is told of the rights.
      return [];
    }
  });
}

async function examineTargets(cluster: string, question: ClusterQuestion): Promise<readonly Finding[]> {
  const { kubernetes, signal } = question;
  const findings: Finding[] = [];
  for (const [name, { target, rules }] of targetsOf(cluster, question)) {
    const ref = refOf(target);
    if (ref === undefined) continue;
    const answered = await ask((asked) => kubernetes.get(ref, asked), signal);
    const who = list([...rules]);
    if (!('code' in answered)) findings.push({ area: 'targets', about: name, verdict: 'ok', message: `is there, for ${who}` });
    else if (answered.code === 'kubernetes.not-found')
      findings.push({
        area: 'targets',
        about: name,
        verdict: 'problem',
        message: `does not exist, and ${who} would act on it`,
        fix: 'mend the name in the rule, or create the object',
      });
    else if (answered.code !== 'kubernetes.forbidden')
      findings.push({
        area: 'targets',
        about: name,
        verdict: 'problem',
        message: answered.message,
        fix: `see whether cluster ${cluster} is well`,
      });
  }
  return findings;
}

function refOf(target: Target): ObjectRef | undefined {
  if (target.technology !== 'kubernetes') return undefined;
  const [apiVersion, kind] = kinds[target.kind] ?? [];
  if (apiVersion === undefined || kind === undefined) return undefined;
  const { cluster, namespace, name } = target;
  return { cluster, apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}
