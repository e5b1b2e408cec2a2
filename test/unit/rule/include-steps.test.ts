import { describe, expect, it } from 'vitest';
import { formatProblem, loadRulebook } from '../../../src/rule/load.ts';
import { actionShapes } from '../../../src/actions/catalogue.ts';
import { shapes } from '../../../src/app/shapes.ts';

const inner = `name: verify
summary: v
params:
  connection: { type: string }
  path: { type: string, default: /health }
  times: { type: integer, default: 1 }
steps:
  - { id: live, action: http.probe, with: { connection: '\${params.connection}', path: '/v1\${params.path}', times: '\${params.times}' } }
  - { id: other, action: http.probe, with: { connection: '\${params.connection}', path: / }, optional: true, timeout: 5s }
`;

const outer = (step: string): string => `name: mend
summary: m
params: { app: { type: string } }
steps:
  - { id: restart, action: kubernetes.restart, with: { namespace: ns, name: '\${params.app}' } }
  - ${step}
`;

const rule = `rules:
  - name: r
    summary: s
    match: alertname="A"
    mode: plan
    ladder: [{ remediation: mend, with: { app: web } }]
    verify: { checks: [rolloutComplete: {}] }
`;

function load(step: string, more = inner) {
  const files = [outer(step), more].map((text, index) => ({ file: `remediations/${'ab'[index]}.yaml`, text }));
  const { rulebook, problems } = loadRulebook({ rules: [{ file: 'rules/a.yaml', text: rule }], remediations: files, shapes: shapes() });
  const errors = problems.filter(({ severity }) => severity === 'error').map(formatProblem);
  return { steps: rulebook?.rule('r')?.ladder[0]?.steps ?? [], errors, definition: rulebook?.rule('r')?.definition };
}

const alert = { source: 's', fingerprint: 'f', status: 'firing' as const, labels: { alertname: 'A' }, annotations: {}, startsAt: 0 };
const scope = { alert, alerts: [alert], params: { app: 'web' } };

describe('a step that names a remediation', () => {
  it('stands for its steps, with the parameters that it gives', () => {
    expect(actionShapes.has('http.probe')).toBe(true);
    const { steps, errors } = load("{ id: check, remediation: verify, with: { connection: '${params.app}-http', times: 4 } }");
    expect(errors).toEqual([]);
    expect(steps.map(({ id, optional, timeout }) => [id, optional, timeout])).toEqual([
      ['restart', false, 60_000],
      ['check-live', false, 60_000],
      ['check-other', true, 5000],
    ]);
    expect(steps[1]?.render(scope)).toMatchObject({ connection: 'web-http', path: '/v1/health', times: 4 });
    expect(steps[2]?.render(scope)).toMatchObject({ connection: 'web-http', path: '/' });
  });

  it('is kept whole with the rule, so that a run needs no other file', () => {
    const { definition } = load('{ id: check, remediation: verify, with: { connection: web } }');
    expect(JSON.stringify(definition?.remediations)).toContain('check-live');
    expect(Object.keys(definition?.remediations ?? {})).toEqual(['mend']);
  });

  it.each([
    [
      '{ id: check, remediation: verfy, with: { connection: web } }',
      'a.yaml:6:31: error: there is no remediation verfy; did you mean verify?',
    ],
    ['{ id: check, remediation: verify }', 'remediation verify needs the parameter connection'],
    ['{ id: check, remediation: verify, with: { connection: web, pth: / } }', 'remediation verify has no parameter pth'],
    ['{ id: check, remediation: verify, with: { connection: web }, late: true }', 'has id, remediation and with, and no late'],
    ['{ id: check, remediation: verify, with: { connection: web, times: many } }', 'a.yaml:6:5: error: action http.probe: times'],
    ["{ id: check, remediation: verify, with: { connection: '${params.ap}' } }", 'has no parameter ap; did you mean app?'],
  ])('%s is refused where it stands', (step, expected) => {
    expect(load(step).errors.join('\n')).toContain(expected);
  });

  it.each([
    ["with: { connection: '${params.connection + params.path}', path: / }", 'params within a larger expression'],
    ["with: { connection: '${string(steps.a.output.x)}', path: / }", 'they use steps'],
  ])('takes no steps that could not stand elsewhere: %s', (given, expected) => {
    const text = inner.replace("with: { connection: '${params.connection}', path: / }", given);
    expect(load('{ id: check, remediation: verify, with: { connection: web } }', text).errors.join('\n')).toContain(expected);
  });

  it.each([
    ['', 'null'],
    ['text', '"text"'],
    ['[1]', '[1]'],
  ])('says what is wrong with parameters that are no map: %s', (given, found) => {
    const { errors } = load(`{ id: check, remediation: verify, with: ${given} }`);
    expect(errors.join('\n')).toContain(`expected a map of parameters, found ${found}`);
  });

  it.each([
    ['params: { time: }', 'steps: [{ id: a, action: flow.wait, with: { for: 1s } }]', 'parameter time'],
    ['params: {}', 'steps: [null]', 'expected a map of keys, found null'],
    ['params: {}', 'steps: [text]', 'expected a map of keys, found "text"'],
  ])('leaves what is wrong with the other to its own file: %s, %s', (params, steps, expected) => {
    const { errors } = load('{ id: check, remediation: verify }', `name: verify\nsummary: v\n${params}\n${steps}\n`);
    expect(errors.filter((error) => error.startsWith('remediations/b.yaml')).join('\n')).toContain(expected);
  });

  it('goes one level deep', () => {
    const nested = inner.replace(
      "- { id: other, action: http.probe, with: { connection: '${params.connection}', path: / }, optional: true, timeout: 5s }",
      '- { id: x, remediation: mend }',
    );
    expect(load('{ id: check, remediation: verify, with: { connection: web } }', nested).errors.join('\n')).toContain('one level deep');
  });
});
