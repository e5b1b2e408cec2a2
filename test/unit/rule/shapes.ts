import { z } from 'zod';
import type { ActionShape, CheckShape, ParsedParams, Shapes } from '../../../src/rule/action-shape.ts';
import { loadRulebook, formatProblem, type LoadInput } from '../../../src/rule/load.ts';
import type { CompiledRule } from '../../../src/rule/compiled-rule.ts';
import type { Alert, Labels } from '../../../src/alert/alert.ts';
import { isDnsLabel, isDnsSubdomain } from '../../../src/value/name.ts';
import type { Target } from '../../../src/value/target.ts';

function parser(schema: z.ZodObject): (params: unknown) => ParsedParams {
  return (params) => {
    const parsed = schema.safeParse(params);
    if (parsed.success) return { params: parsed.data };
    return {
      problems: parsed.error.issues.map(({ path, message }) => ({
        path: path.map((key) => (typeof key === 'number' ? key : String(key))),
        message,
      })),
    };
  };
}

function action<S extends z.ZodObject>(
  name: string,
  schema: S,
  { effect, target }: { effect: ActionShape['effect']; target?(params: z.infer<S>): Target },
): ActionShape {
  return {
    name,
    effect,
    parameterNames: Object.keys(schema.shape),
    parse: parser(schema),
    target: (params) => target?.(params as z.infer<S>),
  };
}

function check(name: string, isPositive: boolean, schema: z.ZodObject): CheckShape {
  return { name, positive: isPositive, parameterNames: Object.keys(schema.shape), parse: parser(schema) };
}

const namespace = z.string().refine(isDnsLabel, { error: 'is no DNS label' });
const name = z.string().refine(isDnsSubdomain, { error: 'is no DNS subdomain' });
const kind = z.enum(['Deployment', 'StatefulSet', 'Pod']);
const groups = { Deployment: 'deployment.apps', StatefulSet: 'statefulset.apps', Pod: 'pod' };

const scale = z.strictObject({
  cluster: z.string().default('default'),
  kind,
  namespace,
  name,
  replicas: z.union([z.int(), z.strictObject({ atLeast: z.int() })]),
});
const request = z.strictObject({
  connection: name,
  path: z.string().startsWith('/'),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.unknown().optional(),
});
const promql = z.strictObject({ query: z.string(), expect: z.string(), window: z.string().optional(), for: z.string().optional() });

const actions = [
  action('kubernetes.scale', scale, {
    effect: 'converge',
    target: (params) => ({
      technology: 'kubernetes',
      cluster: params.cluster,
      namespace: params.namespace,
      kind: groups[params.kind],
      name: params.name,
    }),
  }),
  action('kubernetes.restartOwner', z.strictObject({ namespace, ownerOf: name }), { effect: 'converge' }),
  action('kubernetes.pods', z.strictObject({ namespace, selector: z.string() }), { effect: 'read' }),
  action('http.request', request, { effect: 'once', target: (params) => ({ technology: 'http', host: params.connection, port: 80 }) }),
];
const checks = [check('promql', true, promql), check('alertResolved', false, z.strictObject({}))];

/** Actions and checks that look like the real ones. */
export const shapes: Shapes = {
  actions: new Map(actions.map((shape) => [shape.name, shape])),
  checks: new Map(checks.map((shape) => [shape.name, shape])),
};

export const scaleDeployment = `name: scale-deployment
summary: Set the replica count of a Deployment
params:
  namespace: { type: string, format: dns-label }
  name: { type: string, format: dns-subdomain }
  replicas: { $ref: replicas }
steps:
  - { id: pods, action: kubernetes.pods, with: { namespace: '\${params.namespace}', selector: 'app=\${params.name}' }, optional: true }
  - { id: scale, action: kubernetes.scale, with: { kind: Deployment, namespace: '\${params.namespace}', name: '\${params.name}', replicas: '\${params.replicas}' }, timeout: 3m }
`;

export const positive = `verify: { within: 10m, checks: [ { promql: { query: up, expect: value == 1.0, window: 5m, for: 1m } } ] }`;

/** A rule file of one rule: `lines` follow its name, summary and match. */
export function oneRule(lines: string, match = 'alertname="A"'): string {
  const body = lines
    .trim()
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n');
  return `rules:\n  - name: a\n    summary: s\n    match: '${match}'\n${body}\n`;
}

export function problemsOf(
  input: { rules?: string; remediation?: string } & Partial<Pick<LoadInput, 'limits' | 'defaults' | 'deployment'>>,
): string[] {
  return load(input).problems.map(formatProblem);
}

export function load({
  rules,
  remediation,
  ...rest
}: { rules?: string; remediation?: string } & Partial<Pick<LoadInput, 'limits' | 'defaults' | 'deployment'>>): ReturnType<
  typeof loadRulebook
> {
  return loadRulebook({
    rules: rules === undefined ? [] : [{ file: 'rules/a.yaml', text: rules }],
    remediations: [
      { file: 'remediations/scale-deployment.yaml', text: scaleDeployment },
      ...(remediation === undefined ? [] : [{ file: 'remediations/b.yaml', text: remediation }]),
    ],
    shapes,
    ...rest,
  });
}

/** The rules of files that have no errors. */
export function rulesOf(input: Parameters<typeof load>[0]): readonly CompiledRule[] {
  const { rulebook, problems } = load(input);
  if (rulebook === undefined) throw new Error(problems.map(formatProblem).join('\n'));
  return rulebook.rules;
}

export function firstRule(input: Parameters<typeof load>[0]): CompiledRule {
  const [rule] = rulesOf(input);
  if (rule === undefined) throw new Error('there is no rule');
  return rule;
}

export function alertWith(labels: Labels, rest: Partial<Alert> = {}): Alert {
  return {
    source: 'main',
    fingerprint: '00000000000000ff',
    status: 'firing',
    labels,
    annotations: {},
    startsAt: 1_700_000_000_000,
    ...rest,
  };
}
