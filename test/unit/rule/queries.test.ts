import { describe, expect, it } from 'vitest';
import { actionShapes } from '../../../src/actions/catalogue.ts';
import { checkShapes } from '../../../src/checks/catalogue.ts';
import { compileDefinition, formatProblem, loadRulebook } from '../../../src/rule/load.ts';
import { oneRule, positive } from './shapes.ts';

const shapes = { actions: actionShapes, checks: checkShapes };
const broken = 'sum(rate(x[5m])';

function load(rule: string, remediation: string) {
  const rules = [{ file: 'rules/a.yaml', text: oneRule(rule, 'alertname="A",pod!=""') }];
  const remediations = [{ file: 'remediations/b.yaml', text: `name: b\nsummary: s\n${remediation}` }];
  const { problems } = loadRulebook({ rules, remediations, shapes });
  /** What stands at the place of each problem, to the end of the line. */
  const places = problems.map(({ file, line, column }) => {
    const text = [...rules, ...remediations].find((one) => one.file === file)?.text ?? '';
    return text.split('\n')[line - 1]?.slice(column - 1);
  });
  return { problems: problems.map(formatProblem), places };
}

function problemsOf(rule: string, remediation: string): readonly string[] {
  return load(rule, remediation).problems;
}

const looking = 'steps:\n  - { id: i, action: redis.info, with: { connection: cache } }\n';
const ladder = `mode: plan\nladder: [{ remediation: b }]\n${positive}`;

/** Problems of a rule that has the query among its values. */
function told(query: string): readonly string[] {
  return problemsOf(`${ladder}\nvalues: { v: { promql: '${query}' } }`, looking);
}

describe('PromQL that no Prometheus could read is an error', () => {
  const message = 'error: PromQL: "(" is never closed';

  it.each([
    ['values', `${ladder}\nvalues:\n  v: { promql: '${broken}' }`, looking],
    ['requires', `${ladder}\nguards: { requires: [{ promql: '${broken}' }] }`, looking],
    [
      'a check',
      `mode: plan\nladder: [{ remediation: b }]\nverify: { checks: [{ promql: { query: '${broken}', expect: 'true' } }] }`,
      looking,
    ],
    [
      'a parameter that becomes a query',
      `mode: plan\nladder: [{ remediation: b, with: { q: '${broken}' } }]\n${positive}`,
      "params: { q: { type: string, default: 'x' } }\nvalues: { v: { promql: '${ params.q }' } }\n" + looking,
    ],
    [
      'the default of such a parameter',
      ladder,
      `params:\n  q: { type: string, default: '${broken}' }\nsteps:\n  - { id: i, action: prometheus.query, with: { query: '\${params.q}' } }\n`,
    ],
    ['values of a remediation', ladder, `values: { v: { promql: '${broken}' } }\n${looking}`],
    ['prometheus.query', ladder, `steps:\n  - { id: i, action: prometheus.query, with: { query: '${broken}' } }\n`],
    [
      'a query that is waited for',
      ladder,
      `steps:\n  - { id: i, action: flow.waitFor, with: { action: prometheus.query, with: { query: '${broken}' }, until: 'output.count > 0' } }\n`,
    ],
  ])('in %s', (_, rule, remediation) => {
    const { problems, places } = load(rule, remediation);
    expect(problems[0]).toContain(message);
    expect(places[0]).toMatch(/^\(rate\(x\[5m\]\)'/);
  });

  it('with the place in a text of several lines', () => {
    const text = `mode: plan\nladder: [{ remediation: b }]\n${positive}\nvalues:\n  v:\n    promql: |\n      sum(\n        rate(x[5m]\n      )`;
    expect(problemsOf(text, looking)).toEqual([`rules/a.yaml:11:14: ${message}`]);
  });

  it.each([
    'sum(x{a=${promql(labels.pod)}}',
    'x{a=~"${quoteRegex(labels.pod)}"} > (${alerts.size()}',
    '(x{a=${labels.pod == "" ? promql("y") : promql(labels.pod)}}',
  ])('whatever its templates give: %s', (query) => expect(told(query).join('\n')).toContain(message));

  it('but not for a run that has kept it', () => {
    const rule = {
      name: 'a',
      summary: 's',
      match: 'alertname="A"',
      mode: 'plan',
      ladder: [{ remediation: 'b' }],
      values: { v: { promql: broken } },
    };
    const steps = [{ id: 'i', action: 'redis.info', with: { connection: 'cache' } }];
    expect(compileDefinition({ rule, remediations: { b: { name: 'b', summary: 's', steps } } }, shapes).values[0]?.promql).toBe(broken);
  });
});

describe('PromQL that the grammar does not know is a warning', () => {
  it.each([
    ['rat(x[5m])', '"rat" is no known function'],
    ['sum(x) by', 'the end comes too early'],
    ['x{a=${promql(labels.pod)} b="c"}', '"b" is not expected here'],
    ['x ${promql(labels.pod)}', '${promql(labels.pod)} is not expected here'],
    ['sum(rate(x{w="${params}"}[${labels.w}])', '"(" is never closed'],
  ])('%s', (query, message) => {
    const rule = `mode: plan\nladder: [{ remediation: b }]\n${positive}\nvalues: { v: { promql: '${query.replace('${params}', '${labels.pod}')}' } }`;
    const found = problemsOf(rule, looking).filter((problem) => problem.includes('PromQL'));
    expect(found).toEqual([expect.stringMatching(/^rules\/a\.yaml:8:\d+: warning: PromQL: .*; fixpoint doctor asks Prometheus itself$/)]);
    expect(found[0]).toContain(message);
  });
});

describe('a template may be any piece of PromQL', () => {
  it.each([
    '${labels.q}',
    'rate(x[${labels.q}])',
    'x offset ${labels.q}',
    'x @ ${labels.q}',
    'http_${labels.q}_total{a="b"}',
    'rate(${labels.q}[5m])',
    '${labels.q}(rate(x[5m]))',
    'x{${labels.q}}',
    'x{a="b"${labels.q}}',
    'x{${labels.q}="b"}',
    'x{a${labels.q}"b"}',
    'x ${labels.q} 5',
    'x ${labels.q}',
    'sum ${labels.q} (x)',
    'sum by (${labels.q}) (x)',
    'x{a="${labels.q}"} > ${labels.q}',
    '${labels.q}(x[${labels.w}])',
    'x{a="b" ${labels.q} c ${labels.w} d ${labels.e}',
    'x{a="$${b}"}',
    `sum(\${labels.q} + \${labels.w} ${'+ x'.repeat(400)}`,
  ])('%s', (query) => expect(told(query).filter((problem) => problem.includes('PromQL'))).toEqual([]));
});

it('a place behind what is written as $${ is where it stands', () =>
  expect(told('x{a="$${b}"').join()).toContain('rules/a.yaml:8:30: error: PromQL: "{" is never closed'));

it('a place behind a template is where it stands', () =>
  expect(told('x{a=${promql(labels.pod)},b="$${"} + (y').join()).toContain('rules/a.yaml:8:66: error: PromQL: "(" is never closed'));
