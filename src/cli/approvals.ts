import { shortened } from '../value/shortened.ts';
import { callServer, serverOptions } from './api-client.ts';
import type { Command } from './command.ts';
import { rungLines, type RunStory } from './run-story.ts';
import { oneLine } from './terminal-text.ts';

const most = 50;
const longestLine = 1000;

export const approvals: Command = {
  name: 'approvals',
  summary: 'List the plans that wait for a yes or a no, with their changes and how to answer.',
  usage: '',
  example: 'fixpoint approvals',
  options: serverOptions,
  positionals: { least: 0, most: 0 },
  async run(invocation) {
    const { print, say, isJson } = invocation;
    const path = `/api/v1/runs?phase=awaiting-approval&limit=${most}`;
    const { runs, next } = (await callServer(invocation, { method: 'GET', path })) as {
      runs: readonly { id: string }[];
      next: string | null;
    };
    const stories: RunStory[] = [];
    for (const { id } of runs)
      stories.push((await callServer(invocation, { method: 'GET', path: `/api/v1/runs/${encodeURIComponent(id)}` })) as RunStory);
    // One that was answered between the two questions waits no more.
    const waiting = stories.filter(({ phase }) => phase === 'awaiting-approval');
    if (isJson) print(JSON.stringify({ runs: waiting }));
    else if (waiting.length === 0) say('nothing waits for approval');
    else for (const line of waiting.flatMap(approvalLines)) print(oneLine(shortened(line, longestLine)));
    if (!isJson && next !== null) say(`there are more: fixpoint runs --phase awaiting-approval`);
    return 0;
  },
};

function approvalLines(run: RunStory): readonly string[] {
  const rung = run.rungs.at(-1);
  return [
    `${run.id}  ${run.rule} on ${run.subject}`,
    ...(run.approval === undefined || run.approval === null ? [] : [`  expires ${run.approval.expiresAt}`]),
    ...(rung === undefined ? [] : rungLines(rung, run.rungs.length - 1).map((line) => `  ${line}`)),
    `  fixpoint approve ${run.id} --reason "…"`,
    `  fixpoint deny ${run.id} --reason "…"`,
  ];
}
