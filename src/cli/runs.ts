import { optionProblem } from '../app/option-problem.ts';
import { shortened } from '../value/shortened.ts';
import { callServer, serverOptions } from './api-client.ts';
import { textOption, UsageError, type Command } from './command.ts';
import { historyLines, type HistoryNote } from './history-lines.ts';
import { storyLines, type RunStory } from './run-story.ts';
import { oneLine } from './terminal-text.ts';

interface RunRow {
  readonly id: string;
  readonly kind?: string;
  readonly rule: string;
  readonly phase: string;
  readonly mode: string;
  readonly createdAt: string;
  readonly reason: string;
}

const filters = ['phase', 'rule', 'subject', 'since', 'limit', 'cursor'] as const;
const longestReason = 100;

export const runs: Command = {
  name: 'runs',
  summary: 'List runs, newest first, or tell the story of one.',
  usage: '[<run>] [--phase <phase>] [--rule <name>] [--subject <name>] [--since <1h or time>] [--limit <n>] [--cursor <more>]',
  example: 'fixpoint runs --phase failed --since 1d',
  options: { ...serverOptions, ...Object.fromEntries(filters.map((filter) => [filter, { type: 'string' as const }])) },
  positionals: { least: 0, most: 1 },
  async run(invocation) {
    const { values, positionals, print, say, isJson } = invocation;
    const [id] = positionals;
    if (id !== undefined) {
      const story = (await callServer(invocation, { method: 'GET', path: `/api/v1/runs/${encodeURIComponent(id)}` })) as RunStory;
      if (isJson) print(JSON.stringify(story));
      else for (const line of storyLines(story)) print(line);
      return 0;
    }
    const query = new URLSearchParams();
    for (const filter of filters) {
      const text = textOption(values, filter);
      if (text === undefined) continue;
      const problem = optionProblem(filter, text);
      if (problem !== undefined) throw new UsageError(problem);
      query.set(filter, text);
    }
    const list = (await callServer(invocation, { method: 'GET', path: `/api/v1/runs?${query.toString()}` })) as {
      runs: readonly RunRow[];
      next: string | null;
    } & HistoryNote;
    if (isJson) print(JSON.stringify(list));
    else if (list.runs.length === 0) say('no runs');
    else for (const line of tableLines(list.runs)) print(line);
    if (!isJson) for (const line of historyLines(list)) say(oneLine(line));
    if (!isJson && list.next !== null) say(`more: --cursor ${oneLine(list.next)}`);
    return 0;
  },
};

function tableLines(rows: readonly RunRow[]): readonly string[] {
  const cells = [
    ['RUN', 'RULE', 'PHASE', 'MODE', 'SINCE', 'REASON'],
    ...rows.map((row) =>
      [
        row.id,
        row.kind === 'undo' ? `${row.rule} (undo)` : row.rule,
        row.phase,
        row.mode,
        row.createdAt.slice(0, 19),
        shortened(row.reason, longestReason),
      ].map(oneLine),
    ),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
