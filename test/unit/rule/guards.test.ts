import { describe, expect, it } from 'vitest';
import { defaultsOf } from '../../../src/config/rule-bounds.ts';
import type { Limits, RuleDefaults } from '../../../src/rule/guard-settings.ts';
import { load } from './shapes.ts';

const hour = 3_600_000;
const deployment = { intervals: ['office-hours', 'release'], hasIdentities: true };

function ruleWith(guards: string): string {
  return `rules:
  - name: slow
    summary: it is slow
    match: alertname="Slow"
    mode: plan
    values: { ready: { promql: 'count(up)' } }
    ladder: [ { remediation: scale-deployment, with: { namespace: ns, name: app, replicas: 3 } } ]
    guards: ${guards}
`;
}

function problemsOf(guards: string, given: { limits?: Limits; deployment?: typeof deployment } = {}): string {
  const { problems } = load({ rules: ruleWith(guards), deployment, ...given });
  return problems
    .filter(({ severity }) => severity === 'error')
    .map(({ line, column, message }) => `${line}:${column}: ${message}`)
    .join('\n');
}

function settingsOf(guards: string, defaults: RuleDefaults = {}) {
  const { rulebook, problems } = load({ rules: ruleWith(guards), deployment, defaults });
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return rulebook?.rule('slow')?.guards;
}

describe('guards of a rule', () => {
  it('may require a field of an object', () => {
    const guards = '{ requires: [{ object: { kind: ConfigMap, namespace: shop, name: web, path: /data/MAINTENANCE }, isNot: "true" }] }';
    expect(settingsOf(guards)?.requires).toEqual([
      {
        kind: 'object',
        text: '/data/MAINTENANCE of ConfigMap shop/web is not "true"',
        object: { apiVersion: 'v1', kind: 'ConfigMap', cluster: 'default', namespace: 'shop', name: 'web' },
        path: '/data/MAINTENANCE',
        value: 'true',
        isWanted: false,
      },
    ]);
  });

  it.each([
    [
      '{ window: { allow: [office-hour] } }',
      'there is no interval office-hour under timeIntervals: in fixpoint.yaml; did you mean office-hours?',
    ],
    ['{ window: { freeze: [release, x] } }', 'there is no interval x'],
    ['{ window: {} }', 'expected allow or freeze'],
    ['{ window: { allow: [release], else: skip } }', 'else: expected one of'],
    ['{ requires: ["values.redy > 1.0"] }', '8:27: there is no value redy; did you mean ready?'],
    ['{ requires: ["values.ready"] }', 'requires has to be true or false, this is double'],
    ['{ requires: ["${values.ready > 1.0}"] }', 'write it without ${…}'],
    ['{ requires: ["params.x > 1"] }', 'there is no params here'],
    ['{ requires: [{ promql: "${lables.x}" }] }', 'there is no lables here; did you mean labels?'],
    [
      '{ requires: [{ object: { kind: Confgmap, name: x, path: /data/a }, is: "1" }] }',
      'requires cannot look at a Confgmap; did you mean ConfigMap?',
    ],
    ['{ requires: [{ object: { kind: Secret, name: x, path: /data/a }, is: "1" }] }', 'requires cannot look at a Secret'],
    ['{ requires: [{ object: { kind: ConfigMap, name: x, path: /data/a } }] }', 'expected one of is and isNot'],
    ['{ requires: [{ object: { kind: ConfigMap, name: x, path: data }, is: "1" }] }', 'a JSON pointer'],
    ['{ recurrence: 3 }', 'expected a rate such as 4/1h'],
    ['{ failureBudget: often }', 'expected a rate such as 4/1h'],
    ['{ concurrency: 0 }', 'at least 1'],
    ['{ concurrency: 200000 }', 'expected at most 100000'],
    ['{ attempts: 1001 }', 'expected at most 1000'],
    ['{ blastRadius: { targets: 1001 } }', 'expected at most 1000'],
    ['{ blastRadius: { targets: 1.5 } }', 'expected a whole number'],
    ['{ concurrency: { rules: 1 } }', 'unknown key rules; did you mean rule?'],
    ['{ blastRadius: { percent: 20 } }', 'needs fleet'],
    ['{ blastRadius: { grow: false } }', 'needs fleet'],
    ['{ blastRadius: { percent: 0, fleet: { kind: Deployment } } }', 'from 1 to 100'],
    ['{ blastRadius: { fleet: { kind: Deploiment } } }', 'a fleet cannot be of kind Deploiment; did you mean Deployment?'],
    ['{ approval: { role: viewer } }', 'role'],
  ])('%s is refused', (guards, expected) => {
    expect(problemsOf(guards)).toContain(expected);
  });

  it('want people with names for four eyes', () => {
    const guards = '{ approval: { fourEyes: true } }';
    expect(problemsOf(guards)).toBe('');
    expect(problemsOf(guards, { deployment: { ...deployment, hasIdentities: false } })).toContain(
      'there are no tokens, oidc, kubernetes or certificates under auth:',
    );
  });

  it.each<[string, Limits, string]>([
    ['{ concurrency: 3 }', { concurrency: { rule: 2 } }, 'concurrency 3 (rule) is over the limit of 2'],
    ['{ recurrence: 6/1d }', { recurrence: [{ count: 5, window: 24 * hour }] }, 'recurrence 6/1d is over the limit of 5/1d'],
    ['{ failureBudget: 6/1d }', { failureBudget: { count: 5, window: 24 * hour } }, 'failureBudget 6/1d is over the limit of 5/1d'],
    ['{ blastRadius: { targets: 6 } }', { blastRadius: { targets: 5, window: hour } }, 'blastRadius targets 6 is over the limit of 5'],
    [
      '{ blastRadius: { percent: 60, fleet: { kind: Pod } } }',
      { blastRadius: { percent: 50, window: hour } },
      'blastRadius percent 60 is over the limit of 50',
    ],
  ])('%s is refused over the limit', (guards, limits, expected) => {
    expect(problemsOf(guards, { limits })).toContain(expected);
    expect(problemsOf(guards)).toBe('');
  });

  it('are within lowered limits where the rule says nothing, whatever the defaults', () => {
    const day = 24 * hour;
    const limits: Limits = {
      cooldown: { min: 20 * 60_000 },
      attempts: { max: 2 },
      rate: { rule: [{ count: 3, window: hour }] },
      concurrency: { rule: 2 },
      recurrence: [{ count: 3, window: day }],
      failureBudget: { count: 2, window: 2 * day },
      blastRadius: { targets: 4, window: hour },
    };
    const config = defaultsOf({ rate: ['9/1h', '20/1d'] });
    const { rulebook, problems } = load({ rules: ruleWith('{}'), deployment, defaults: config, limits });
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(rulebook?.rule('slow')?.guards).toMatchObject({
      cooldown: 20 * 60_000,
      attempts: 2,
      rate: {
        rule: [
          { count: 3, window: hour },
          { count: 20, window: day },
        ],
      },
      concurrency: { rule: 2 },
      recurrence: [{ count: 3, window: day }],
      failureBudget: [{ count: 2, window: day }],
      blastRadius: { targets: 4, window: hour },
    });
  });

  it('of a rule are refused over the limit also beside silent ones', () => {
    const given = { limits: { attempts: { max: 2 }, failureBudget: { count: 2, window: 24 * hour } }, defaults: defaultsOf({}) };
    const { problems } = load({ rules: ruleWith('{ attempts: 3 }'), deployment, ...given });
    expect(problems.map(({ message }) => message).filter((message) => message.includes('over the limit'))).toEqual([
      'attempts 3 is over the limit of 2 in fixpoint.yaml',
    ]);
  });

  it('mean what they say', () => {
    expect(
      settingsOf(
        '{ window: { allow: [office-hours], freeze: [release] }, concurrency: 3, recurrence: [3/1h, 7/1d], failureBudget: 2/1d, blastRadius: { percent: 20, fleet: { kind: Deployment, namespace: ns, selector: a=b } }, approval: { role: admin } }',
      ),
    ).toMatchObject({
      windows: [{ allow: ['office-hours'], freeze: ['release'], else: 'defer' }],
      concurrency: { rule: 3 },
      recurrence: [
        { count: 3, window: hour },
        { count: 7, window: 24 * hour },
      ],
      failureBudget: [{ count: 2, window: 24 * hour }],
      blastRadius: {
        targets: 10,
        window: hour,
        percent: 20,
        failures: 3,
        grows: true,
        fleet: { cluster: 'default', kind: 'Deployment', namespace: 'ns', selector: 'a=b' },
      },
      approval: { role: 'admin' },
    });
  });

  it('say that failures without a fleet bound nothing, and only where the rule itself has them', () => {
    const defaults = defaultsOf({ blastRadius: { targets: 7, window: '1h', failures: 4 } });
    const warned = (guards: string) =>
      load({ rules: ruleWith(guards), deployment, defaults }).problems.map(({ severity, message }) => `${severity}: ${message}`);
    const warning = 'warning: counts only with fleet';
    expect(warned('{ blastRadius: { targets: 2, failures: 1 } }')).toContain(warning);
    for (const guards of ['{ blastRadius: { targets: 2 } }', '{}', '{ blastRadius: { failures: 1, fleet: { kind: Pod } } }'])
      expect(warned(guards)).not.toContain(warning);
  });

  it('get defaults part by part', () => {
    const defaults: RuleDefaults = {
      concurrency: { rule: 4 },
      recurrence: [{ count: 5, window: 24 * hour }],
      failureBudget: { count: 5, window: 24 * hour },
      blastRadius: { targets: 7, window: 2 * hour, failures: 4 },
    };
    expect(settingsOf('{ blastRadius: { targets: 2, fleet: { kind: Pod } } }', defaults)).toMatchObject({
      concurrency: { rule: 4 },
      recurrence: [{ count: 5, window: 24 * hour }],
      failureBudget: [{ count: 5, window: 24 * hour }],
      blastRadius: { targets: 2, window: 2 * hour, failures: 4 },
    });
    expect(settingsOf('{}', defaults)?.blastRadius).toMatchObject({ targets: 7, window: 2 * hour });
  });
});
