import { callServer, serverOptions } from './api-client.ts';
import type { Command } from './command.ts';
import { oneLine } from './terminal-text.ts';

interface PauseView {
  readonly id: string;
  readonly scope: { readonly kind: string; readonly name?: string };
  readonly reason: string;
  readonly by: string;
}

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
    const { pauses } = (await callServer(invocation, { method: 'GET', path: '/api/v1/pauses' })) as { pauses: readonly PauseView[] };
    if (isJson) print(JSON.stringify({ pauses }));
    else if (pauses.length === 0) print('nothing is paused');
    else
      for (const { id: known, scope, reason, by } of pauses) {
        print(oneLine(`${known}  ${[scope.kind, scope.name].filter((word) => word !== undefined).join(' ')}  ${by}: ${reason}`));
      }
    return 0;
  },
};
