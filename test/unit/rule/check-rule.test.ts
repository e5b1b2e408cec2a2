import { describe, expect, it } from 'vitest';
import { oneRule, positive, problemsOf, scaleDeployment } from './shapes.ts';

const rung = 'remediation: scale-deployment, with: { namespace: ns, name: app, replicas: 3 }';
const rungs = `ladder: [ { ${rung} } ]`;

describe('verification', () => {
  it.each([
    ['auto', 'error'],
    ['approve', 'error'],
    ['plan', 'warning'],
    ['observe', 'warning'],
  ])('without a positive check is in mode %s an %s', (mode, severity) => {
    const problems = problemsOf({ rules: oneRule(`ladder: [ { ${rung}, verify: { checks: [ alertResolved ] } } ]\nmode: ${mode}`) });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`${severity}: rung scale-deployment has no positive check`);
  });

  it('warns where the time is shorter than what a check looks at', () => {
    const verify = (within: string, query: string) =>
      `${rungs}\nverify: { within: ${within}, checks: [ { promql: { query: '${query}', expect: 'true', for: 1m } } ] }`;
    expect(problemsOf({ rules: oneRule(verify('5m', 'rate(x[5m])')) }).join()).toContain('warning: check promql looks at 6m');
    expect(problemsOf({ rules: oneRule(verify('6m', 'rate(x[5m])')) })).toEqual([]);
  });
});

describe('labels', () => {
  const reading = (label: string): string =>
    `ladder: [ { remediation: scale-deployment, with: { namespace: '\${${label}}', name: app, replicas: 1 } } ]\n${positive}`;
  it.each([
    [reading('labels.namespace'), 'alertname="A"', '5:70: warning: an alert may lack the label namespace'],
    [`${rungs}\n${positive}\nwhen: labels.severity == "x"`, 'alertname="A"', '7:11: warning: an alert may lack the label severity'],
  ])('warns of an unguarded one in %s', (lines, match, expected) =>
    expect(problemsOf({ rules: oneRule(lines, match) }).join('\n')).toContain(expected),
  );

  it.each([
    [reading('labels.namespace'), 'namespace!=""'],
    [reading('has(labels.namespace) ? labels.namespace : "default"'), 'alertname="A"'],
    [`${reading('labels.namespace')}\nwhen: has(labels.namespace) && labels.namespace != "x"`, 'alertname="A"'],
    [`${rungs}\n${positive}\nwhen: '"severity" in labels && labels["severity"] == "x"'`, 'alertname="A"'],
  ])('does not warn of %s', (lines, match) => expect(problemsOf({ rules: oneRule(lines, match) })).toEqual([]));

  it('warns of one that a remediation reads', () => {
    const remediation = scaleDeployment
      .replace('scale-deployment', 'by-label')
      .replace("selector: 'app=${params.name}'", "selector: '${labels.app}'");
    expect(
      problemsOf({
        rules: oneRule(`ladder: [ { remediation: by-label, with: { namespace: ns, name: app, replicas: 3 } } ]\n${positive}`),
        remediation,
      }).join(),
    ).toContain('remediation by-label: an alert may lack the label app');
  });

  it('warns of one that goes into a query unquoted', () => {
    const query = (text: string): string[] =>
      problemsOf({ rules: oneRule(`${rungs}\nverify: { checks: [ { promql: { query: '${text}', expect: 'true' } } ] }`) });
    expect(query('up{a="${labels.alertname}"}').join()).toContain('write ${promql(labels.alertname)} without quotes around it');
    expect(query('up{a="${promql(labels.alertname)}"}').join()).toContain('promql(…) writes the quotes itself');
    expect(query('up{a=${promql(labels.alertname)}}')).toEqual([]);
  });
});

describe('the subject', () => {
  const two = (name: string, more = ''): string =>
    oneRule(
      `ladder: [ { ${rung} }, { remediation: scale-deployment, with: { namespace: ns, name: ${name}, replicas: 3 } } ]\n${positive}\n${more}`,
    );
  it('has to be declared where the targets of the rungs differ', () => {
    expect(problemsOf({ rules: two('app') })).toEqual([]);
    expect(problemsOf({ rules: two('other') })).toEqual([
      'rules/a.yaml:5:99: error: rung scale-deployment acts on kubernetes/default/ns/deployment.apps/other, the first one on kubernetes/default/ns/deployment.apps/app; declare subject: to say what the rule is about',
    ]);
    expect(problemsOf({ rules: two('other', 'subject: kubernetes/default/ns/deployment.apps/app') })).toEqual([]);
  });

  it('has to be declared where the target is a pod or known only after reading', () => {
    const pod = scaleDeployment.replace('scale-deployment', 'pod').replace('kind: Deployment', 'kind: Pod');
    expect(
      problemsOf({
        rules: oneRule(`ladder: [ { remediation: pod, with: { namespace: ns, name: app, replicas: 3 } } ]\n${positive}`),
        remediation: pod,
      }).join(),
    ).toContain('pods come and go');
    const late = `ladder: [ { remediation: scale-deployment, with: { namespace: ns, name: 'app-\${values.n}', replicas: 1 } } ]\nvalues: { n: { promql: up } }\n${positive}`;
    expect(problemsOf({ rules: oneRule(late) }).join()).toContain(
      '5:15: error: what rung scale-deployment acts on (name) is known only after reading',
    );
    const owner = `name: owner\nsummary: s\nparams: {}\nsteps:\n  - { id: r, action: kubernetes.restartOwner, with: { namespace: ns, ownerOf: 'web-1' } }\n`;
    const rules = (more: string) => oneRule(`ladder: [ { remediation: owner } ]\n${positive}\n${more}`);
    expect(problemsOf({ rules: rules(''), remediation: owner }).join()).toContain(
      'is found by reading (the owner of a pod); declare subject:',
    );
    expect(problemsOf({ rules: rules('subject: redis/cache'), remediation: owner })).toEqual([]);
  });
});
