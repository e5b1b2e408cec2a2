import type { AnyAction } from '../../actions/action.ts';
import type { KubernetesReader } from '../../ports/kubernetes.ts';
import type { CompiledRule } from '../../rule/compiled-rule.ts';
import { formatTarget, type Target } from '../../value/target.ts';
import { rightsOfRules, type Right } from '../rights/rights-of-rules.ts';
import type { Mode } from '../../rule/mode.ts';
import { ask } from './ask.ts';
import type { Finding } from './finding.ts';
import { probedCalls, type ProbedCall } from './probed-calls.ts';
import { refOf } from './ref-of.ts';

/** Kinds whose objects come and go by themselves, or are made by the rule: that one is not there says nothing. */
const passing = new Set(['pod', 'job.batch']);

export interface ClusterQuestion {
  readonly rules: readonly CompiledRule[];
  readonly actions: ReadonlyMap<string, AnyAction>;
  readonly limit?: Mode;
  /** What the configuration itself needs. */
  readonly ownRights: readonly Right[];
  readonly kubernetes: KubernetesReader;
  readonly signal: AbortSignal;
}

/** Whether every target is there, and every verb that the rules need is allowed. */
export async function examineClusters(question: ClusterQuestion): Promise<readonly Finding[]> {
  const ofRules = rightsOfRules(question.rules, question);
  const rights = [...ofRules.rights, ...question.ownRights];
  const { problems } = ofRules;
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
      const concerned = new Set(rights.flatMap(({ rules }) => rules)).size;
      const message = `${answered.message.replace(`cluster ${cluster}: `, '')}; ${concerned} ${concerned === 1 ? 'rule needs' : 'rules need'} it`;
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
  for (const { rule, call, other } of probedCalls(rules, actions)) {
    const target = targetOf(call);
    const alternative = targetOf(other);
    if (target?.technology !== 'kubernetes' || target.cluster !== cluster || alternative === undefined) continue;
    const name = formatTarget(target);
    if (name !== formatTarget(alternative)) continue;
    const entry = found.get(name) ?? { target, rules: new Set<string>() };
    entry.rules.add(rule.name);
    found.set(name, entry);
  }
  return found;
}

function targetOf({ action, params }: ProbedCall['call']): Target | undefined {
  try {
    return action.target(params as never);
  } catch {
    // What depends on what is read first may be nothing that has a target.
    return undefined;
  }
}

async function examineTargets(cluster: string, question: ClusterQuestion): Promise<readonly Finding[]> {
  const { kubernetes, signal } = question;
  const findings: Finding[] = [];
  for (const [name, { target, rules }] of targetsOf(cluster, question)) {
    const ref = target.technology === 'kubernetes' && passing.has(target.kind) ? undefined : refOf(name);
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
