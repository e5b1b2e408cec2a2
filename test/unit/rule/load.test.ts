import { describe, expect, it } from 'vitest';
import { compileDefinition, loadRulebook } from '../../../src/rule/load.ts';
import { FixpointError } from '../../../src/errors.ts';
import { firstRule, load, oneRule, positive, problemsOf, rulesOf, scaleDeployment, shapes } from './shapes.ts';

const rung = 'remediation: scale-deployment, with: { namespace: ns, name: app, replicas: 3 }';
const rungs = `ladder: [ { ${rung} } ]`;

const whole = `rules:
  - name: guardrails-high-latency
    summary: p99 latency of the guardrail server is over 100 ms
    match: ['alertname="HighLatencyP99"', 'platform="llm-guardrails"']
    when: '!has(labels.severity) || labels.severity != "info"'
    subject: kubernetes/default/guardrails-platform/deployment.apps/model-prompt-guard
    mode: auto
    continue: true
    values: { rps: { promql: 'sum(rate(requests_total[5m]))', over: max, from: main } }
    ladder:
      - remediation: scale-deployment
        with: { namespace: guardrails-platform, name: model-prompt-guard, replicas: { atLeast: 6 } }
        verify: { within: 6m }
        undo: { when: resolved, after: 30m }
        timeout: 5m
      - remediation: scale-deployment
        with: { namespace: guardrails-platform, name: guardrail-server, replicas: '\${ceil(values.rps / 14.0)}' }
        mode: approve
    guards:
      cooldown: 15m
      rate: { rule: 4/1h, target: [3/1h, 7/1d] }
      attempts: 2
      holdWhile: ['alertname="DatabaseDown"', { match: ['alertname="Maintenance"'], scope: any }]
      maxAge: 10m
      approval: { expires: 30m }
    ${positive}
    flap: 2m
    escalate: { severity: critical, after: 5m }
`;

describe('loadRulebook', () => {
  it('compiles everything a rule can say', () => {
    const rule = firstRule({ rules: whole });
    expect(problemsOf({ rules: whole })).toEqual([]);
    expect(rule).toMatchObject({
      name: 'guardrails-high-latency',
      file: 'rules/a.yaml',
      line: 2,
      mode: 'auto',
      continues: true,
      flap: 120_000,
      escalate: { severity: 'critical', after: 300_000 },
      guards: {
        cooldown: 900_000,
        rate: {
          rule: [{ count: 4, window: 3_600_000 }],
          target: [
            { count: 3, window: 3_600_000 },
            { count: 7, window: 86_400_000 },
          ],
          namespace: [],
          global: [],
        },
        attempts: 2,
        holdWhile: [
          { matchers: ['alertname="DatabaseDown"'], scope: 'namespace' },
          { matchers: ['alertname="Maintenance"'], scope: 'any' },
        ],
        maxAge: 600_000,
        approval: { expires: 1_800_000 },
      },
      values: [{ name: 'rps', over: 'max', from: 'main' }],
    });
    const [first, second] = rule.ladder;
    expect(first).toMatchObject({
      mode: 'auto',
      undo: { when: 'resolved', after: 1_800_000 },
      timeout: 300_000,
      verify: { within: 360_000, resolve: 600_000 },
    });
    expect(second).toMatchObject({ mode: 'approve', undo: { when: 'never' }, timeout: 600_000, verify: { within: 600_000 } });
    expect(first?.steps.map(({ id, effect, optional, timeout, usesSteps }) => [id, effect, optional, timeout, usesSteps])).toEqual([
      ['pods', 'read', true, 60_000, false],
      ['scale', 'converge', false, 180_000, false],
    ]);
  });

  it('starts new rules at plan, and gives an identity that does not depend on how the file is written', () => {
    const one = firstRule({ rules: oneRule(rungs) });
    const other = firstRule({
      rules: `# a comment\n${oneRule('ladder:\n  - remediation: "scale-deployment"\n    with: { replicas: 3, name: app, namespace: ns }')}`,
    });
    expect(one.mode).toBe('plan');
    expect(other.hash).toBe(one.hash);
    expect(firstRule({ rules: oneRule(`${rungs}\nmode: observe`) }).hash).not.toBe(one.hash);
  });

  it.each<[string, string, string]>([
    ['an unknown key', `${rungs}\ngards: {}`, '6:5: error: unknown key gards; did you mean guards?'],
    ['an unknown guard', `${rungs}\nguards: { windw: x }`, '6:15: error: unknown key windw; did you mean window?'],
    ['a bad mode', `${rungs}\nmode: automatic`, '6:11: error: mode: expected one of observe, plan, approve, auto, found "automatic"'],
    ['a bad duration', `${rungs}\nflap: 5 minutes`, '6:11: error: flap: expected a duration such as 30s, 5m or 1h30m, found "5 minutes"'],
    ['a bad rate', `${rungs}\nguards: { rate: often }`, '6:21: error: rate: expected a rate such as 4/1h, found "often"'],
    ['no ladder', 'mode: plan', '2:5: error: ladder is missing'],
    [
      'an unknown remediation',
      'ladder: [ { remediation: scale-deploymnet } ]',
      '5:30: error: there is no remediation scale-deploymnet; did you mean scale-deployment?',
    ],
    ['an unknown check', `${rungs}\nverify: { checks: [ promqll ] }`, '6:25: error: there is no check promqll; did you mean promql?'],
    [
      'an unknown check parameter',
      `${rungs}\nverify: { checks: [ { promql: { query: up, expct: x, expect: x } } ] }`,
      '6:48: error: check promql takes no parameter expct; did you mean expect?',
    ],
    [
      'a missing parameter',
      'ladder: [ { remediation: scale-deployment, with: { namespace: ns, replicas: 3 } } ]',
      '5:54: error: remediation scale-deployment: name is missing',
    ],
    [
      'an unknown parameter',
      `ladder: [ { remediation: scale-deployment, with: { nam: x, namespace: ns, name: app, replicas: 3 } } ]`,
      '5:56: error: remediation scale-deployment takes no parameter nam; did you mean name?',
    ],
    [
      'a parameter that does not fit',
      'ladder: [ { remediation: scale-deployment, with: { namespace: NS, name: app, replicas: 3 } } ]',
      '5:67: error: remediation scale-deployment: namespace must be a DNS label',
    ],
    [
      'a parameter that fits none of several forms',
      'ladder: [ { remediation: scale-deployment, with: { namespace: ns, name: app, replicas: { atLest: 3 } } } ]',
      'replicas must be a count of replicas, or a bound for it: {atLeast: n}, {atMost: n}, {exactly: n}, but is {"atLest":3}',
    ],
    [
      'a template of the wrong type',
      `ladder: [ { remediation: scale-deployment, with: { namespace: ns, name: app, replicas: '\${labels.alertname}' } } ]`,
      '5:95: error: remediation scale-deployment: replicas cannot be a string, which ${labels.alertname} is; convert it with int(…)',
    ],
    ['an expression that is none', `${rungs}\nwhen: labels.severity ==`, '6:29: error: Unexpected token'],
    ['an expression of the wrong type', `${rungs}\nwhen: labels.alertname`, '6:11: error: when has to be true or false, this is string'],
    [
      'a type error in an expression',
      `${rungs}\nwhen: labels.alertname == 1`,
      '6:11: error: no such overload: string == int; convert with string(…)',
    ],
    ['an expression over lines', `${rungs}\nwhen: |\n  labels.alertname == "A" &&\n    nope`, '8:9: error: there is no nope here'],
    ['braces around a bare expression', `${rungs}\nwhen: '\${true}'`, '6:12: error: when is an expression by itself'],
    [
      'what is not visible there',
      `${rungs}\nwhen: size(alerts) > 1`,
      '6:16: error: there is no alerts here; did you mean alert? (here: labels, annotations, alert)',
    ],
    ['a subject that is no target', `${rungs}\nsubject: the thing`, '6:14: error: subject "the thing" names no target'],
    [
      'a value that is not declared',
      `ladder: [ { remediation: scale-deployment, with: { namespace: ns, name: app, replicas: '\${ceil(values.rsp)}' } } ]\nvalues: { rps: { promql: up } }`,
      'there is no value rsp; did you mean rps?',
    ],
    ['a bad matcher in a guard', `${rungs}\nguards: { holdWhile: ['a=~"("'] }`, '6:27: error: matcher a=~"(" at character 1'],
    [
      'a pattern that RE2 does not have',
      `${rungs}\nwhen: labels.alertname.matches("(?=x)")`,
      '6:36: error: "(?=x)" is no RE2 regular expression',
    ],
  ])('tells of %s and where it is', (_what, lines, expected) => {
    const problems = problemsOf({ rules: oneRule(lines) });
    expect(problems.join('\n')).toContain(expected);
    expect(problems.filter((problem) => problem.includes(': error: '))).toHaveLength(1);
    expect(load({ rules: oneRule(lines) }).rulebook).toBeUndefined();
  });

  it('tells where in a matcher the problem is', () => {
    expect(problemsOf({ rules: oneRule(rungs, '"alertname"="A') })[0]).toBe(
      'rules/a.yaml:4:25: error: matcher "alertname"="A at character 13: this quote is never closed',
    );
  });

  it('tells all problems of all files at once', () => {
    const rules = `rules:\n  - name: Bad Name\n    sumary: x\n    match: a=~"("\n    when: nope\n    ladder: [ { remediation: nope } ]\n  - name: b\n    summary: s\n    match: alertname=B\n    ${rungs}\n    mode: nope\n`;
    const problems = problemsOf({ rules, remediation: 'name: x\nsummary: s\nsteps: [ { id: a, action: kubernetes.scal } ]' });
    for (const part of [
      'a.yaml:2:5: error: summary is missing',
      ':2:11: ',
      ':3:5: error: unknown key sumary',
      ':4:12: ',
      ':5:11: ',
      ':6:30: ',
      ':11:11: ',
      'b.yaml:3:27: error: there is no action kubernetes.scal; did you mean kubernetes.scale?',
    ]) {
      expect(problems.join('\n')).toContain(part);
    }
  });

  it('refuses two rules or remediations of one name, and says where the other is', () => {
    const two = `${oneRule(rungs)}  - name: a\n    summary: s\n    match: alertname=B\n    ${rungs}\n`;
    expect(problemsOf({ rules: two })).toContain('rules/a.yaml:6:11: error: there is another rule a, in rules/a.yaml:2');
    expect(problemsOf({ remediation: scaleDeployment })).toEqual([
      'remediations/b.yaml:1:7: error: there is another remediation scale-deployment, in remediations/scale-deployment.yaml',
    ]);
  });

  it('reports what is no YAML, duplicate keys and aliases without bound', () => {
    expect(problemsOf({ rules: 'rules: [' }).join()).toContain('rules/a.yaml:1:9: error: ');
    expect(problemsOf({ rules: oneRule(`${rungs}\nmode: plan\nmode: auto`) }).join()).toContain('7:5: error: Map keys must be unique');
    const bomb = `a: &a [x, x, x, x, x, x, x, x, x, x]\n${'bcdefgh'
      .split('')
      .map((key, index) => `${key}: &${key} [${Array(10).fill(`*${'abcdefgh'[index]}`).join(', ')}]`)
      .join('\n')}\nrules: []`;
    expect(problemsOf({ rules: bomb }).join()).toContain('alias');
  });

  it('warns of an empty file and of a rule that fits every alert', () => {
    expect(problemsOf({ rules: '' })).toEqual(['rules/a.yaml:1:1: warning: the file is empty']);
    expect(problemsOf({ rules: oneRule(`${rungs}\n${positive}`, 'severity!="info"') }).join()).toContain(
      '4:12: warning: rule a matches every alert',
    );
  });
});

describe('limits and defaults', () => {
  it('refuse what is outside the limits', () => {
    const limits = { cooldown: { min: 600_000 }, attempts: { max: 3 }, rate: { rule: [{ count: 4, window: 3_600_000 }] } };
    const problems = problemsOf({
      rules: oneRule(`${rungs}\n${positive}\nguards: { cooldown: 5m, attempts: 5, rate: 6/1h }`),
      limits,
    }).join('\n');
    for (const part of [
      'cooldown 5m is under the limit of 10m',
      'attempts 5 is over the limit of 3',
      'rate 6/1h (rule) is over the limit of 4/1h',
    ])
      expect(problems).toContain(part);
    expect(
      problemsOf({ rules: oneRule(`${rungs}\n${positive}\nguards: { cooldown: 10m, attempts: 3, rate: [4/1h, 20/1d] }`), limits }),
    ).toEqual([]);
  });

  it('cap the mode and say so', () => {
    const input = { rules: oneRule(`${rungs}\n${positive}\nmode: auto`), limits: { mode: 'approve' } } as const;
    expect(firstRule(input)).toMatchObject({ mode: 'approve', ladder: [{ mode: 'approve' }] });
    expect(problemsOf(input)).toEqual([
      'rules/a.yaml:7:11: warning: mode auto is over the limit in fixpoint.yaml: the rule runs in mode approve',
    ]);
  });

  it('fill in what the rule does not say, and become part of what a run keeps', () => {
    const defaults = {
      mode: 'approve',
      cooldown: 900_000,
      rate: [{ count: 4, window: 3_600_000 }],
      attempts: 2,
      within: 600_000,
      flap: 30_000,
    } as const;
    const rule = firstRule({
      rules: oneRule(`${rungs}\nguards: { attempts: 1 }\nverify: { checks: [ { promql: { query: up, expect: x } } ] }`),
      defaults,
    });
    expect(rule).toMatchObject({
      mode: 'approve',
      flap: 30_000,
      guards: { cooldown: 900_000, attempts: 1, rate: { rule: [{ count: 4, window: 3_600_000 }] } },
    });
    expect(compileDefinition(rule.definition, shapes).guards).toEqual(rule.guards);
  });
});

describe('compileDefinition', () => {
  it('makes the same rule from what a run kept', () => {
    const rule = firstRule({ rules: whole });
    const again = compileDefinition(JSON.parse(JSON.stringify(rule.definition)) as typeof rule.definition, shapes);
    expect(again.hash).toBe(rule.hash);
    expect(again.ladder.map(({ remediation, mode, undo }) => ({ remediation, mode, undo }))).toEqual(
      rule.ladder.map(({ remediation, mode, undo }) => ({ remediation, mode, undo })),
    );
    expect(again.matchers[0]?.matches({ alertname: 'HighLatencyP99' })).toBe(true);
  });

  it('refuses what is not whole', () => {
    const rule = firstRule({ rules: whole });
    expect(() => compileDefinition({ ...rule.definition, remediations: {} }, shapes)).toThrow(FixpointError);
  });
});

it('keeps the order of files and lists', () => {
  const file = (name: string): string => oneRule(rungs).replace('name: a', `name: ${name}`);
  const { rulebook } = loadRulebook({
    rules: [
      { file: 'b', text: file('x') },
      { file: 'a', text: file('y') },
    ],
    remediations: [{ file: 'r', text: scaleDeployment }],
    shapes,
  });
  expect(rulebook?.rules.map(({ name }) => name)).toEqual(['x', 'y']);
  expect(rulebook?.remediationNames).toEqual(['scale-deployment']);
  expect(rulesOf({})).toEqual([]);
});
