import { describe, expect, it } from 'vitest';
import { assertRuleWithin } from '../../../src/app/rights/rule-reach.ts';
import { shapes } from '../../../src/app/shapes.ts';
import { codeOf, messageOf } from '../../../src/errors.ts';
import { loadRulebook } from '../../../src/rule/load.ts';
import type { CompiledRule } from '../../../src/rule/compiled-rule.ts';

function ruleOf({
  step,
  match = '\'alertname="A"\'',
  params = '{}',
  given = '{}',
}: {
  step: string;
  match?: string;
  params?: string;
  given?: string;
}): CompiledRule {
  const { rulebook, problems } = loadRulebook({
    rules: [
      {
        file: 'rules/a.yaml',
        text: `rules:\n  - { name: a, summary: a, match: [${match}], mode: auto, subject: redis/x, ladder: [{ remediation: a, with: ${given} }], verify: { checks: [rolloutComplete: {}] } }\n`,
      },
    ],
    remediations: [{ file: 'remediations/a.yaml', text: `name: a\nsummary: a\nparams: ${params}\nsteps:\n${step}` }],
    shapes: shapes(),
    limits: {},
    defaults: { attempts: 3, cooldown: 900_000 },
  });
  const [rule] = rulebook?.rules ?? [];
  if (rule === undefined) throw new Error(JSON.stringify(problems));
  return rule;
}

const restart = (namespace: string) => `  - { id: r, action: kubernetes.restart, with: { namespace: ${namespace}, name: web } }\n`;

function told(rule: CompiledRule | undefined, within?: readonly string[]): string {
  try {
    assertRuleWithin('a', rule, { by: 'ann', ...(within === undefined ? {} : { within }) });
    return 'may';
  } catch (error) {
    return `${codeOf(error)}: ${messageOf(error)}`;
  }
}

describe('who may restore a rule', () => {
  it('is an operator of all namespaces that it acts in, whatever an alert says', () => {
    expect(told(ruleOf({ step: restart('shop') }), ['shop'])).toBe('may');
    expect(told(ruleOf({ step: restart('shop') + restart('bank').replace('id: r', 'id: s') }), ['shop'])).toContain('rule a acts in bank');
    expect(told(ruleOf({ step: restart('shop') + restart('bank').replace('id: r', 'id: s') }), ['shop', 'bank'])).toBe('may');
  });

  it('and of the values that its matchers allow', () => {
    const step = restart("'${params.ns}'");
    const params = '{ ns: { type: string } }';
    const given = "{ ns: '${labels.namespace}' }";
    const fixed = ruleOf({ step, params, given, match: `'alertname="A"', 'namespace=~"shop|shop-eu"'` });
    expect(told(fixed, ['shop'])).toContain('rule a acts in shop-eu');
    expect(told(fixed, ['shop', 'shop-eu'])).toBe('may');
    expect(told(ruleOf({ step, params, given, match: `'alertname="A"', 'namespace!=""'` }), ['shop'])).toContain(
      'acts where an alert says',
    );
  });

  it('is nobody limited where an alert decides between values that a schema allows', () => {
    const step = restart("'${params.ns}'");
    const params = '{ ns: { type: string, enum: [shop, bank] } }';
    const rule = ruleOf({ step, params, given: `{ ns: '\${has(labels.ns) ? labels.ns : "shop"}' }` });
    expect(told(rule, ['shop'])).toContain('acts where an alert says');
  });

  it('is nobody limited where it acts on what is in no namespace, or is not loaded', () => {
    expect(told(ruleOf({ step: '  - { id: c, action: kubernetes.cordon, with: { node: n1 } }\n' }), ['shop'])).toContain('in no namespace');
    expect(told(ruleOf({ step: '  - { id: f, action: redis.flush, with: { connection: cache } }\n' }), ['shop'])).toContain(
      'in no namespace',
    );
    expect(told(undefined, ['shop'])).toContain('auth.forbidden');
    expect(told(undefined)).toBe('may');
  });
});
