import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** What a game day has shown of one fault. */
export interface GameDayRow {
  readonly platform: string;
  readonly fault: string;
  readonly alerts: readonly string[];
  readonly rules: readonly { readonly rule: string; readonly ladder: readonly string[] }[];
  readonly outcome: string;
  readonly stubbornOutcome: string;
  /** As it would have been without the speed; undefined where it was not measured. */
  readonly secondsToEnd: number;
}

const head = [
  '| platform | alert → fault | rule: ladder | rule tests | game day | stubborn twin | to its end |',
  '|---|---|---|---|---|---|---|',
];

/** The table's lines, its head first. */
export function gameDayTable(rows: readonly GameDayRow[]): readonly string[] {
  return [...head, ...rows.map(lineOf)];
}

/** The lines of a table without what is measured anew each time. */
export function withoutTimes(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.replace(/ \| [^|]* \|$/, ' |'));
}

/** The lines of the table in a text. */
export function tableIn(text: string): readonly string[] {
  const lines = text.split('\n');
  const from = lines.indexOf(head[0] ?? '');
  const length = lines.slice(from).findIndex((line) => !line.startsWith('|'));
  return from === -1 ? [] : lines.slice(from, length === -1 ? undefined : from + length);
}

function lineOf({ platform, fault, alerts, rules, outcome, stubbornOutcome, secondsToEnd }: GameDayRow): string {
  const told = rules.map(({ rule, ladder }) => `${rule}: ${ladder.join(', ')}`).join('; ');
  const tests = rules.reduce((sum, { rule }) => sum + testsOf(platform, rule), 0);
  const minutes = `${Math.max(1, Math.round(secondsToEnd / 60))} min`;
  return `| ${platform} | ${alerts.join(', ')} → ${fault} | ${told} | ${tests} | ${outcome} | ${stubbornOutcome} | ${minutes} |`;
}

/** How many tests in `rules/tests` are about a rule. */
export function testsOf(platform: string, rule: string): number {
  const file = new URL(`../../../rules/tests/${platform}.yaml`, import.meta.url);
  if (!existsSync(file)) return 0;
  const { tests = [] } = parse(readFileSync(file, 'utf8')) as { tests?: readonly unknown[] };
  return tests.filter((test) => JSON.stringify(test).includes(`"${rule}"`)).length;
}
