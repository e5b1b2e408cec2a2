import { describe, expect, it } from 'vitest';
import { FixpointError } from '../../../src/errors.ts';
import { ExpressionCompiler } from '../../../src/rule/expression.ts';
import type { Visible } from '../../../src/rule/expression-environment.ts';
import { ExpressionError } from '../../../src/rule/expression-uses.ts';
import { contextOf, fromExpression } from '../../../src/rule/expression-values.ts';
import { alertWith } from './shapes.ts';

const visible: Visible = {
  variables: ['labels', 'annotations', 'alert', 'alerts', 'params', 'steps', 'values', 'secrets'],
  params: { name: 'string', count: 'int', share: 'double', names: 'list<string>' },
};
const compiler = new ExpressionCompiler();
const alert = alertWith({ 'alertname': 'A', 'pod': 'web-1', 'odd name': 'x' }, { annotations: { summary: 's' } });
const context = contextOf(
  { alert, alerts: [alert, alertWith({ pod: 'web-2' })], steps: { usage: { output: { cpu: 3, list: [1] } } }, values: { rps: 14 } },
  () => ({ name: 'app', count: 3n, share: 0.5, names: ['a'] }),
);
const run = (text: string): unknown => fromExpression(compiler.compile(text, visible).evaluate(context));

describe('expressions', () => {
  it.each<[string, unknown]>([
    ['labels.pod', 'web-1'],
    ['labels["odd name"]', 'x'],
    ['has(labels.nope)', false],
    ['"pod" in labels', true],
    ['alert.labels.pod + alert.annotations.summary + alert.source', 'web-1smain'],
    ['alert.startsAt < timestamp("2030-01-01T00:00:00Z")', true],
    ['size(alerts)', 2],
    ['alerts.map(a, a.labels.pod)', ['web-1', 'web-2']],
    ['alerts.exists(a, a.labels.pod == "web-2")', true],
    ['params.count + 1', 4],
    ['params.share * 2.0', 1],
    ['ceil(values.rps / 4.0)', 4],
    ['floor(3.7) + round(3.5)', 7],
    ['min(max(int(values.rps), 3), 10)', 10],
    ['min(1.5, values.rps)', 1.5],
    ['quantity("500m")', 0.5],
    ['quantity("4Gi") == 4.0 * 1024.0 * 1024.0 * 1024.0', true],
    ['quantity("2000m") == quantity("2") && quantity("1G") < quantity("1Gi")', true],
    ['int(steps.usage.output.cpu) + 1', 4],
    ['steps["usage"].output', { cpu: 3, list: [1] }],
    ['labels.pod.matches("^web-[0-9]+$")', true],
    ['["aa", "b"].exists(t, t.matches("^a+$"))', true],
    ['quoteRegex("a.b")', 'a\\.b'],
    ['cel.bind(x, labels.pod, x + x)', 'web-1web-1'],
    ['{"a": [1, 2]}', { a: [1, 2] }],
    ['timestamp("2030-01-01T00:00:00Z")', '2030-01-01T00:00:00.000Z'],
  ])('%s is %j', (text, expected) => expect(run(text)).toEqual(expected));

  it.each(['', '4 Gi', 'much', 'labels'])('know no quantity in %j', (text) => {
    expect(() => run(`quantity(${JSON.stringify(text)})`)).toThrow(/is no quantity/);
  });

  it('quote texts for PromQL', () => {
    expect(run('promql("a\\"b\\\\c\\nd\\u0001é")')).toBe('"a\\"b\\\\c\\nd\\x01é"');
  });

  it('match in linear time, also within loops', () => {
    const hostile = contextOf({ alert: alertWith({ a: `${'a'.repeat(5000)}!` }), alerts: [] });
    const start = performance.now();
    expect(compiler.compile('labels.a.matches("^(a+)+$")', visible).evaluate(hostile)).toBe(false);
    expect(compiler.compile('labels.all(k, labels[k].matches("^(a+)+$"))', visible).evaluate(hostile)).toBe(false);
    expect(
      compiler
        .compile('labels.filter(k, labels[k].matches("^(a+)+$")).map(k, cel.bind(t, labels[k], t.matches("^(a|a)*$")))', visible)
        .evaluate(hostile),
    ).toEqual([]);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it.each([
    ['labels.nope', 'the alert has no label nope'],
    ['annotations.nope', 'the alert has no annotation nope'],
    ['values.nope > 1.0', 'values has no nope'],
    ['labels.constructor', 'the alert has no label constructor'],
    ['labels.__proto__', 'the alert has no label __proto__'],
    ['1 / 0', 'division by zero'],
    ['int(labels.pod)', 'cannot convert'],
    ['ceil(1.0 / 0.0)', 'Infinity is no integer'],
  ])('fail at run time, never quietly: %s', (text, reason) => {
    const failing = (): unknown => compiler.compile(text, visible).evaluate(context);
    expect(failing).toThrow(FixpointError);
    expect(failing).toThrow(reason);
  });

  it.each([
    ['1 +', 3, 'Unexpected token'],
    ['lables.pod', 0, 'there is no lables here; did you mean labels?'],
    ['labels.pod + 1', 0, 'convert with string(…)'],
    ['values.rps * 2', 0, 'write 2.0 for 2'],
    ['params.nam', 7, 'the remediation has no parameter nam; did you mean name?'],
    ['steps', 0, 'steps is used by name'],
    ['values[labels.pod] > 1.0', 0, 'values is used by name'],
    ['secrets.map(s, s)', 0, 'secrets is used by name'],
    ['secrets.token.startsWith("a")', 0, 'nothing can be computed from it'],
    ['secrets.token == "a"', 0, 'nothing can be computed from it'],
    ['labels.pod.matchesRe2("a")', 0, 'there is no method matchesRe2; write matches'],
    ['labels.pod.matches("(")', 19, 'is no RE2 regular expression'],
    ['alerts.all(a, alerts.all(b, alerts.all(c, true)))', 28, 'may be nested 2 deep'],
    [Array(600).fill('true').join(' && '), 0, 'maxAstNodes'],
    [`${'('.repeat(100)}1${')'.repeat(100)}`, 0, 'maxDepth'],
  ])('are refused at load: %s', (text, offset, message) => {
    let caught: unknown;
    try {
      compiler.compile(text, visible);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ExpressionError);
    expect((caught as ExpressionError).message).toContain(message);
    if (offset > 0) expect((caught as ExpressionError).offset).toBe(offset);
  });

  it('are compiled once for one text and place', () => {
    expect(compiler.compile('labels.pod', visible)).toBe(compiler.compile('labels.pod', visible));
    expect(compiler.compile('labels.pod', { variables: ['labels'] })).not.toBe(compiler.compile('labels.pod', visible));
  });

  it('know what they read', () => {
    const { uses } = compiler.compile(
      'has(labels.a) && labels.b == "x" && labels.a == steps.usage.output.y ? labels.c : params.name',
      visible,
    );
    expect([...uses.unguardedLabels].toSorted()).toEqual(['b', 'c']);
    expect([...uses.steps]).toEqual(['usage']);
    expect([...uses.params]).toEqual(['name']);
  });
});
