import { describe, expect, it } from 'vitest';
import { alertWith, firstRule, oneRule, positive, problemsOf } from './shapes.ts';

describe('remediations', () => {
  const steps = (...lines: string[]): string =>
    `name: b\nsummary: s\nparams: { name: { type: string }, count: { type: integer } }\nsteps:\n${lines.map((line) => `  - ${line}\n`).join('')}`;
  const scale = (id: string, replicas: string, name = 'app'): string =>
    `{ id: ${id}, action: kubernetes.scale, with: { kind: Deployment, namespace: ns, name: '${name}', replicas: ${replicas} } }`;
  it.each([
    [steps(scale('a', `'\${params.nam}'`)), '5:114: error: the remediation has no parameter nam; did you mean name?'],
    [steps(scale('a', `'\${params.name}'`)), 'action kubernetes.scale: replicas cannot be a string'],
    [steps(scale('a', `'\${int(steps.b.output.x)}'`), scale('b', '1')), '5:107: error: step b does not run before this one'],
    [steps(scale('a', `'\${int(steps.a.output.x)}'`)), 'step a does not run before this one'],
    [steps(scale('one', '1'), scale('b', `'\${int(steps.on.output.x)}'`)), 'there is no step on; did you mean one?'],
    [
      steps(scale('a', '1'), scale('b', '1', '${string(steps.a.output.x)}')),
      '6:90: error: name is part of what the step acts on, and a target may not use steps.*.output',
    ],
    [steps(scale('a', '1'), scale('a', '2')), '6:11: error: there is another step a before this one'],
    [steps(scale('a', 'many')), '5:104: error: action kubernetes.scale: replicas: '],
    [steps(scale('a', '1').replace('kind:', 'knd:')), 'action kubernetes.scale takes no parameter knd; did you mean kind?'],
    [steps(scale('a', `'\${params.count + 1.5}'`)), 'no such overload: int + double; numbers without a point are integers'],
    [`name: b\nsummary: s\nparams: { n: { type: strin } }\nsteps: [ ${scale('a', '1')} ]`, '3:14: error: parameter n: '],
    [
      `name: b\nsummary: s\nparams: { n: { $ref: replica } }\nsteps: [ ${scale('a', '1')} ]`,
      '3:14: error: parameter n: there is no schema replica; there are replicas, duration, quantity',
    ],
  ])('are checked by themselves: %s', (remediation, expected) => expect(problemsOf({ remediation }).join('\n')).toContain(expected));

  it('may use outputs of earlier steps in what is no target', () => {
    const remediation = steps(scale('a', '1'), scale('b', `'\${int(steps.a.output.count) + params.count}'`));
    expect(problemsOf({ remediation })).toEqual([]);
    const rule = firstRule({ rules: oneRule(`ladder: [ { remediation: b, with: { name: x, count: 2 } } ]\n${positive}`), remediation });
    const step = rule.ladder[0]?.steps[1];
    expect(step?.usesSteps).toBe(true);
    expect(
      step?.render({ alert: alertWith({}), alerts: [], params: { name: 'x', count: 2 }, steps: { a: { output: { count: 3 } } } }),
    ).toMatchObject({ replicas: 5 });
  });

  it('are checked with the literal parameters of each rung', () => {
    const remediation =
      'name: b\nsummary: s\nparams: { name: { type: string } }\nsteps: [ { id: a, action: http.request, with: { connection: "${params.name}", path: /x } } ]';
    const problems = problemsOf({ rules: oneRule(`ladder: [ { remediation: b, with: { name: 'NO' } } ]\n${positive}`), remediation });
    expect(problems).toEqual(['rules/a.yaml:5:47: error: remediation b, step a (http.request): connection: is no DNS subdomain']);
  });
});
