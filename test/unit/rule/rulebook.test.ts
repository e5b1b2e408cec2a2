import { describe, expect, it } from 'vitest';
import { emptyRulebook, type Rulebook } from '../../../src/rule/rulebook.ts';
import { strictestMode } from '../../../src/rule/mode.ts';
import { alertWith, load, positive } from './shapes.ts';

function book(...rules: string[]): Rulebook {
  const text = rules
    .map(
      (rule) =>
        `  - summary: s\n    ladder: [ { remediation: scale-deployment, with: { namespace: ns, name: app, replicas: 1 } } ]\n    ${positive}\n    ${rule.split('\n').join('\n    ')}\n`,
    )
    .join('');
  const { rulebook, problems } = load({ rules: `rules:\n${text}` });
  if (rulebook === undefined) throw new Error(JSON.stringify(problems));
  return rulebook;
}

const names = (rulebook: Rulebook, labels: Record<string, string>): string[] =>
  rulebook.match(alertWith(labels)).map(({ rule, outcome }) => `${rule.name} ${outcome}`);

describe('match', () => {
  it('gives the first rule in order, however it is indexed', () => {
    const rulebook = book(
      'name: regex\nmatch: alertname=~"A.+"',
      'name: words\nmatch: alertname=~"A|B"',
      'name: other\nmatch: severity="x"',
      'name: exact\nmatch: alertname="A"',
      'name: rest\nmatch: alertname!="C"',
    );
    expect(names(rulebook, { alertname: 'A', severity: 'x' })).toEqual(['words matched']);
    expect(names(rulebook, { alertname: 'AA', severity: 'x' })).toEqual(['regex matched']);
    expect(names(rulebook, { alertname: 'X', severity: 'x' })).toEqual(['other matched']);
    expect(names(rulebook, { alertname: 'X' })).toEqual(['rest matched']);
    expect(names(rulebook, { alertname: 'C' })).toEqual([]);
    expect(names(rulebook, {})).toEqual(['rest matched']);
  });

  it('goes on after a rule that says so, and stops at the next that does not', () => {
    const rulebook = book(
      'name: a\nmatch: alertname=A\ncontinue: true',
      'name: b\nmatch: alertname=A\nwhen: "false"',
      'name: c\nmatch: alertname=A',
      'name: d\nmatch: alertname=A',
    );
    expect(names(rulebook, { alertname: 'A' })).toEqual(['a matched', 'c matched']);
  });

  it('stops at a condition that fails, and never falls through', () => {
    const rulebook = book(
      'name: a\nmatch: alertname=A\ncontinue: true',
      'name: b\nmatch: alertname=A\nwhen: labels.severity == "x"\ncontinue: true',
      'name: c\nmatch: alertname=A',
    );
    const results = rulebook.match(alertWith({ alertname: 'A' }));
    expect(results.map(({ rule, outcome }) => `${rule.name} ${outcome}`)).toEqual(['a matched', 'b error']);
    expect(results[1]).toMatchObject({ reason: 'when of rule b: the alert has no label severity' });
    expect(names(rulebook, { alertname: 'A', severity: 'y' })).toEqual(['a matched', 'c matched']);
  });

  it('matches empty values for labels that are not there', () => {
    const rulebook = book('name: none\nmatch: team=""', 'name: some\nmatch: team=~"|ml"');
    expect(names(rulebook, { alertname: 'A' })).toEqual(['none matched']);
    expect(names(rulebook, { team: 'ml' })).toEqual(['some matched']);
  });

  it('finds nothing in an empty rulebook', () => expect(emptyRulebook.match(alertWith({ alertname: 'A' }))).toEqual([]));
});

describe('explain', () => {
  it('says of every rule why it does or does not match', () => {
    const rulebook = book(
      'name: a\nmatch: alertname=B',
      'name: b\nmatch: severity!=""',
      'name: c\nmatch: alertname=A\nwhen: "false"',
      'name: d\nmatch: alertname=A\nwhen: "true"',
      'name: e\nmatch: alertname=A',
    );
    expect(rulebook.explain(alertWith({ alertname: 'A' }))).toEqual([
      { rule: 'a', matched: false, reason: 'alertname="B" does not match: the label is "A"' },
      { rule: 'b', matched: false, reason: 'severity!="" does not match: the label is not there' },
      { rule: 'c', matched: false, reason: 'when is false' },
      { rule: 'd', matched: true, reason: 'all matchers match and when is true' },
      { rule: 'e', matched: false, reason: 'not looked at: rule d before it matches and does not say continue' },
    ]);
    const failing = book('name: a\nmatch: alertname=A\nwhen: labels.x == ""', 'name: b\nmatch: alertname=A');
    expect(failing.explain(alertWith({ alertname: 'A' })).map(({ reason }) => reason)).toEqual([
      'when of rule a: the alert has no label x',
      'not looked at: rule a before it stopped with an error',
    ]);
  });
});

it('finds rules by name and has one hash for one content', () => {
  const one = book('name: a\nmatch: alertname=A');
  expect(one.rule('a')?.name).toBe('a');
  expect(one.rule('b')).toBeUndefined();
  expect(book('match: alertname=A\nname: a').hash).toBe(one.hash);
  expect(book('name: a\nmatch: alertname=B').hash).not.toBe(one.hash);
});

it.each([
  [['auto', 'plan', 'approve'], 'plan'],
  [['auto', 'auto'], 'auto'],
  [['observe', 'auto'], 'observe'],
  [[], 'auto'],
] as const)('the strictest of %j is %s', (given, expected) => expect(strictestMode(...given)).toBe(expected));
