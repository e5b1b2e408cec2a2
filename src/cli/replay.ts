import { existsSync } from 'node:fs';
import { callServer, serverOptions } from './api-client.ts';
import { textOption, type Command } from './command.ts';
import { readJsonFile } from './read-json-file.ts';
import { oneLine } from './terminal-text.ts';

export const replay: Command = {
  name: 'replay',
  summary: 'Run an alert again: a run, a kept notification, or a webhook body from a file. Plans only, unless --real.',
  usage: '<run|notification|file.json> [--real] [--source <name>] [--reason <text>]',
  example: 'fixpoint replay alert.json --real --reason "the fix was rolled back"',
  options: { ...serverOptions, real: { type: 'boolean' }, source: { type: 'string' }, reason: { type: 'string' } },
  positionals: { least: 1, most: 1 },
  async run(invocation) {
    const { values, print, isJson } = invocation;
    const [what = ''] = invocation.positionals;
    const reason = textOption(values, 'reason');
    const source = textOption(values, 'source');
    const answer = (await callServer(invocation, {
      method: 'POST',
      path: '/api/v1/replay',
      body: {
        ...subjectOf(what),
        mode: values['real'] === true ? 'real' : 'plan',
        ...(reason === undefined ? {} : { reason }),
        ...(source === undefined ? {} : { source }),
      },
    })) as { notification: string; runs: string[] };
    if (isJson) print(JSON.stringify(answer));
    else if (answer.runs.length === 0) print('no rule matches');
    for (const run of isJson ? [] : answer.runs) print(oneLine(run));
    return 0;
  },
};

/** A file if there is one, else a run by the form of its id, else a notification. */
function subjectOf(what: string): object {
  if (what.endsWith('.json') || what === '-' || existsSync(what)) return { webhook: readJsonFile(what) };
  return /-\d+$/.test(what) ? { run: what } : { notification: what };
}
