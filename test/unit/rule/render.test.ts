import { describe, expect, it } from 'vitest';
import { FixpointError, type ErrorCode } from '../../../src/errors.ts';
import type { CompiledRule, Scope } from '../../../src/rule/compiled-rule.ts';
import { paramsFingerprint, renderParams, renderSubject } from '../../../src/rule/render.ts';
import type { Json } from '../../../src/value/json.ts';
import { resolveSecretMarkers, secretMarker, secretNamesIn } from '../../../src/value/secret-marker.ts';
import { alertWith, firstRule, oneRule, positive } from './shapes.ts';

function errorOf(act: () => unknown): { readonly code: ErrorCode; readonly message: string } {
  try {
    act();
  } catch (error) {
    if (error instanceof FixpointError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** A rule whose one rung gives `with` to a remediation that sends `body` and `headers` by HTTP. */
function sending(given: string, step: string, params = '{ text: { type: string } }'): CompiledRule {
  const remediation = `name: send\nsummary: s\nparams: ${params}\nsteps:\n  - { id: first, action: kubernetes.pods, with: { namespace: ns, selector: x } }\n  - { id: send, action: http.request, with: { connection: host, path: /x, ${step} } }\n`;
  return firstRule({ rules: oneRule(`ladder: [ { remediation: send, with: ${given} } ]\n${positive}`), remediation });
}

function sent(rule: CompiledRule, scope: Scope): Json | undefined {
  const [rung] = rule.ladder;
  if (rung === undefined) throw new Error('there is no rung');
  return rung.steps[1]?.render({ ...scope, params: renderParams(rung, scope) })['body'];
}

const scaling = (given: string, more = ''): CompiledRule =>
  firstRule({ rules: oneRule(`ladder: [ { remediation: scale-deployment, with: ${given} } ]\n${positive}\n${more}`) });
const byLabel = scaling(`{ namespace: '\${labels.namespace}', name: '\${labels.app}', replicas: 3 }`);
const scopeOf = (labels: Record<string, string>, rest: Partial<Scope> = {}): Scope => ({ alert: alertWith(labels), alerts: [], ...rest });

describe('renderParams', () => {
  it('keeps the type of a text that is one expression, and joins others', () => {
    const rule = scaling(
      `{ namespace: 'ns-\${size(alerts)}', name: '\${labels.app}', replicas: '\${size(alerts) + 1}' }`,
      'subject: redis/cache',
    );
    const rung = rule.ladder[0];
    expect(rung && renderParams(rung, { alert: alertWith({ app: 'web' }), alerts: [alertWith({}), alertWith({})] })).toEqual({
      namespace: 'ns-2',
      name: 'web',
      replicas: 3,
    });
  });

  it.each<[string, Record<string, string>, ErrorCode, string]>([
    [
      'a path',
      { namespace: 'ns', app: '../../kube-system/pods/etcd' },
      'params.invalid',
      'name must be DNS labels joined by dots, at most 253 characters, but is "../../kube-system/pods/etcd"',
    ],
    ['an encoded slash', { namespace: 'ns', app: 'a%2fb' }, 'params.invalid', 'name must be'],
    ['control characters', { namespace: 'n\u0000\u001b[31m\n', app: 'a' }, 'params.invalid', 'namespace must be'],
    ['an empty text', { namespace: '', app: 'a' }, 'params.invalid', 'namespace must be'],
    ['a bidirectional override', { namespace: '\u202Ens', app: 'a' }, 'params.invalid', '\\u{202e}ns'],
    ['a megabyte', { namespace: 'ns', app: 'a'.repeat(1_000_000) }, 'params.invalid', '(1000000 characters)'],
    ['a missing label', { namespace: 'ns' }, 'render.failed', 'with.name: ${labels.app}: the alert has no label app'],
  ])('refuses %s in a name, naming the parameter', (...[, labels, code, message]) => {
    const rung = byLabel.ladder[0];
    const error = errorOf(() => rung && renderParams(rung, scopeOf(labels)));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(error.message.length).toBeLessThan(500);
    // eslint-disable-next-line no-control-regex
    expect(error.message).not.toMatch(/[\u0000-\u001f\u202E]/);
  });

  it('refuses a step whose parameters do not fit, by name', () => {
    const step = byLabel.ladder[0]?.steps[1];
    const error = errorOf(() => step?.render(scopeOf({}, { params: { namespace: 'ns', name: '../x', replicas: 3 } })));
    expect(error).toMatchObject({
      code: 'params.invalid',
      message: 'step scale (kubernetes.scale): name: is no DNS subdomain, given "../x"',
    });
  });

  it('fills in defaults, and gives integers to expressions as such', () => {
    const rule = sending(
      '{ count: 2 }',
      `body: '\${params.count + params.more}'`,
      '{ count: { type: integer }, more: { type: integer, default: 5 } }',
    );
    expect(sent(rule, scopeOf({}))).toBe(7);
  });
});

describe('what comes from outside', () => {
  it.each(['${labels.alertname}', '$${x}', '${secrets.token}', "'}${1}", '{{ .Values }}'])('is never evaluated again: %s', (hostile) => {
    expect(sent(sending(`{ text: '\${labels.x}' }`, `body: '\${params.text}'`), scopeOf({ alertname: 'A', x: hostile }))).toBe(hostile);
    expect(sent(sending(`{ text: 'a \${labels.x} b' }`, `body: '<\${params.text}>'`), scopeOf({ alertname: 'A', x: hostile }))).toBe(
      `<a ${hostile} b>`,
    );
  });

  it('leaves an escaped brace as text', () => {
    expect(sent(sending(`{ text: '$\${labels.x} \${"}{"}' }`, `body: '\${params.text}'`), scopeOf({}))).toBe('${labels.x} }{');
  });

  it('cannot name a secret', () => {
    const forged = secretMarker('token');
    const text = `{ text: '\${labels.x}' }`;
    const clean = forged.replaceAll(/[\uE000\uE001]/g, '\uFFFD');
    expect(sent(sending(text, `body: '\${params.text}'`), scopeOf({ x: forged }))).toBe(clean);
    expect(
      sent(sending(text, `body: '\${labels.x + annotations.y}'`), {
        alert: alertWith({ x: forged }, { annotations: { y: forged } }),
        alerts: [],
      }),
    ).toBe(clean + clean);
    expect(
      sent(sending(text, `body: '\${steps.first.output}'`), scopeOf({ x: '' }, { steps: { first: { output: { [forged]: [forged] } } } })),
    ).toEqual({ [clean]: [clean] });
    const decoding = sending(text, `body: '\${string(dyn(bytes(labels.x).json()))}'`);
    expect(sent(decoding, scopeOf({ x: '"\\ue000secret:token\\ue001"' }))).toBe(clean);
  });
});

describe('secrets', () => {
  it('are markers until they are resolved', () => {
    const rule = sending('{ text: x }', `headers: { Authorization: 'Bearer \${secrets.token}' }, body: { key: '\${secrets.other}' }`);
    const step = rule.ladder[0]?.steps[1];
    const rendered = step?.render(scopeOf({}, { params: { text: 'x' } })) ?? {};
    expect(secretNamesIn(JSON.stringify(rendered)).toSorted()).toEqual(['other', 'token']);
    expect(resolveSecretMarkers(rendered, (name) => `<${name}>`)).toMatchObject({
      headers: { Authorization: 'Bearer <token>' },
      body: { key: '<other>' },
    });
  });

  it('come through parameters', () => {
    const rule = sending(`{ text: 'k=\${secrets.token}' }`, `body: '\${params.text}'`);
    expect(sent(rule, scopeOf({}))).toBe(`k=${secretMarker('token')}`);
  });
});

describe('renderSubject', () => {
  const alert = alertWith({ namespace: 'ns', app: 'web', alertname: 'A' });
  it('is what the first changing step acts on', () => {
    expect(renderSubject(byLabel, alert)).toBe('kubernetes/default/ns/deployment.apps/web');
  });

  it('needs no values: what depends on them cannot be part of it', () => {
    const rule = scaling(`{ namespace: ns, name: app, replicas: '\${ceil(values.rps / 14.0)}' }`, 'values: { rps: { promql: up } }');
    expect(renderSubject(rule, alert)).toBe('kubernetes/default/ns/deployment.apps/app');
  });

  it('is what is declared', () => {
    const rule = scaling('{ namespace: ns, name: app, replicas: 1 }', `subject: 'redis/\${labels.app}'`);
    expect(renderSubject(rule, alert)).toBe('redis/web');
    expect(errorOf(() => renderSubject(rule, alertWith({ app: '../x' })))).toMatchObject({ code: 'params.invalid' });
    expect(errorOf(() => renderSubject(rule, alertWith({})))).toMatchObject({ code: 'render.failed' });
  });

  it('is the alert where nothing is changed', () => {
    const remediation = 'name: look\nsummary: s\nsteps: [ { id: a, action: kubernetes.pods, with: { namespace: ns, selector: x } } ]';
    const rule = firstRule({ rules: oneRule(`ladder: [ { remediation: look } ]\n${positive}`), remediation });
    expect(renderSubject(rule, alert)).toBe('source/main/00000000000000ff');
  });

  it('fails where a label does not fit', () => {
    expect(errorOf(() => renderSubject(byLabel, alertWith({ namespace: 'NS', app: 'web' })))).toMatchObject({ code: 'params.invalid' });
  });
});

describe('paramsFingerprint', () => {
  it('is equal for members that render the same, whatever else they differ in', () => {
    const one = alertWith({ namespace: 'ns', app: 'web', pod: 'web-1' });
    expect(paramsFingerprint(byLabel, alertWith({ namespace: 'ns', app: 'web', pod: 'web-2' }, { fingerprint: 'x' }))).toBe(
      paramsFingerprint(byLabel, one),
    );
    expect(paramsFingerprint(byLabel, alertWith({ namespace: 'ns', app: 'other' }))).not.toBe(paramsFingerprint(byLabel, one));
  });

  it('counts what depends on values or members by its text', () => {
    const rule = scaling(`{ namespace: ns, name: app, replicas: '\${ceil(values.rps)}' }`, 'values: { rps: { promql: up } }');
    expect(paramsFingerprint(rule, alertWith({}))).toMatch(/^[0-9a-f]{16}$/);
  });
});

it('renders named values and checks for one alert', () => {
  const rule = firstRule({
    rules: oneRule(
      `ladder: [ { remediation: scale-deployment, with: { namespace: ns, name: app, replicas: 1 } } ]\nvalues: { rps: { promql: 'rate(x{pod=\${promql(labels.pod)}}[5m])' } }\nverify: { checks: [ { promql: { query: 'up{pod=\${promql(labels.pod)}}', expect: 'value == 1.0' } } ] }`,
    ),
  });
  const scope = scopeOf({ pod: 'a"}or{b="' });
  expect(rule.values[0]?.render(scope)).toBe('rate(x{pod="a\\"}or{b=\\""}[5m])');
  expect(rule.ladder[0]?.verify.checks[0]?.render(scope)).toEqual({ query: 'up{pod="a\\"}or{b=\\""}', expect: 'value == 1.0' });
});
