import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parse } from 'yaml';
import type { CompiledRule } from '../../../src/rule/compiled-rule.ts';
import type { Json, JsonObject } from '../../../src/value/json.ts';
import { shippedRules } from '../shipped-rules.ts';

const root = new URL('../../../', import.meta.url).pathname;

const intro = [
  'What the rules in `rules/` answer, and how. A rung that only reads, or has nothing to change, is climbed from at once; where nothing in the ladder helps, a person is called.',
  '*tests*: in `rules/tests`, how many speak of the rule (`fixpoint test`); of each rule there is one in which it helps, one in which it does not, one in which a guard holds it, one in which its alert is told of again, and one in which it is over early. *ours*: what the runbook of the platform does not say, as the rule file marks it.',
  '[Runbooks, line by line](runbooks.md) says which line of which runbook each of them is for, and what is done by hand.',
  'This page is made from the rule files (`UPDATE_DOCS=1` with `test/unit/docs`); a test compares them.',
];

/** `docs/rule-packs.md`, whole. */
export function rulePackDocs(): string {
  const rules = shippedRules();
  const files = [...new Set(rules.map(({ file }) => basename(file)))];
  const tests = testsByRule();
  const sections = files.map((file) => {
    const own = rules.filter((rule) => basename(rule.file) === file);
    const ours = marksIn(readFileSync(`${root}rules/${file}`, 'utf8'), own);
    const rows = own.map((rule) => rowOf(rule, { tests: tests.get(rule.name) ?? 0, ours: ours.get(rule.name) ?? [] }));
    const head = ['| alert | rule | ladder | mode | verified by | tests | ours |', '|---|---|---|---|---|---|---|'];
    return [`## [${basename(file, '.yaml')}](../rules/${file})`, '', ...head, ...rows].join('\n');
  });
  return `${['# Rule packs', intro.join('\n'), ...sections].join('\n\n')}\n`;
}

function rowOf(rule: CompiledRule, { tests, ours }: { readonly tests: number; readonly ours: readonly string[] }): string {
  const written = rule.definition.rule;
  const alerts = rule.matchers.filter(({ name }) => name === 'alertname').flatMap(({ values = [] }) => values);
  const ladder = objectsIn(written['ladder']);
  const cells = [
    alerts.map((alert) => `\`${alert}\``).join(', '),
    rule.name,
    ladder.map(({ remediation, mode }) => `${textOf(remediation)}${typeof mode === 'string' ? ` (${mode})` : ''}`).join(' → '),
    modeText(written['mode'] ?? rule.mode),
    checksText(written['verify'], ladder),
    String(tests),
    ours.join(' · '),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function modeText(mode: Json): string {
  if (typeof mode === 'string') return mode;
  return Object.entries(objectIn(mode))
    .map(([where, value]) => (where === 'otherwise' ? `otherwise ${textOf(value)}` : `${textOf(value)} (\`${where}\`)`))
    .join(', ');
}

/** The rule's own checks, and those that only rungs have. */
function checksText(verify: Json | undefined, ladder: readonly JsonObject[]): string {
  const all = [verify, ...ladder.map((rung) => rung['verify'])].flatMap((one) => listIn(objectIn(one)['checks']));
  return [...new Set(all.map(checkText))].join(', ');
}

function checkText(check: Json): string {
  if (typeof check === 'string') return check;
  const [name = '', params = null] = Object.entries(objectIn(check))[0] ?? [];
  const { expect, connection, path } = objectIn(params);
  if (name === 'promql') return `\`${textOf(expect)}\``;
  return name === 'http' ? `http ${textOf(connection)}${textOf(path)}` : name;
}

/** Comments that say `ours`, by the rule in or right above which they stand. */
function marksIn(text: string, rules: readonly CompiledRule[]): ReadonlyMap<string, readonly string[]> {
  const lines = text.split('\n');
  const starts = rules.map(({ line }) => {
    let start = line - 1;
    while (/^\s*#/.test(lines[start - 1] ?? '')) start -= 1;
    return start;
  });
  return new Map(
    rules.map(({ name }, index) => {
      const own = lines.slice(starts[index], starts[index + 1]);
      const comments = own.flatMap((line) => /(?:^|\s)#\s+(.*)$/.exec(line)?.[1] ?? []);
      return [name, comments.filter((comment) => /\bours\b/i.test(comment)).map((comment) => comment.trim())];
    }),
  );
}

/** How many tests expect something of a rule, by its name. */
function testsByRule(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const file of globSync('rules/tests/**/*.yaml', { cwd: root })) {
    for (const test of listIn(objectIn(parse(readFileSync(`${root}${file}`, 'utf8')) as Json)['tests']))
      for (const name of new Set(rulesIn(test))) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function rulesIn(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(rulesIn);
  return Object.entries(objectIn(value)).flatMap(([key, member]) =>
    key === 'rule' && typeof member === 'string' ? [member] : rulesIn(member),
  );
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

function objectIn(value: Json | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function listIn(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return listIn(value).map(objectIn);
}
