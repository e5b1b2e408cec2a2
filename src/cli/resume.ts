import { callServer, serverOptions } from './api-client.ts';
import type { Command } from './command.ts';
import { pauseLines, type Pauses } from './pause-lines.ts';

export const resume: Command = {
  name: 'resume',
  summary: 'End a pause; without an id, list those in force.',
  usage: '[<pause>]',
  example: 'fixpoint resume',
  options: serverOptions,
  positionals: { least: 0, most: 1 },
  async run(invocation) {
    const { print, isJson, positionals } = invocation;
    const [id] = positionals;
    if (id !== undefined) {
      await callServer(invocation, { method: 'DELETE', path: `/api/v1/pauses/${encodeURIComponent(id)}` });
      print(isJson ? JSON.stringify({ id }) : `pause ${id} ended`);
      return 0;
    }
    const answer = (await callServer(invocation, { method: 'GET', path: '/api/v1/pauses' })) as Pauses;
    const lines = pauseLines(answer);
    if (isJson) print(JSON.stringify(answer));
    else if (lines.length === 0) print('nothing is paused');
    else for (const line of lines) print(line);
    return 0;
  },
};
