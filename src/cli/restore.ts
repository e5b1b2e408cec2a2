import { callServer, serverOptions } from './api-client.ts';
import { textOption, UsageError, type Command } from './command.ts';
import { oneLine } from './terminal-text.ts';

export const restore: Command = {
  name: 'restore',
  summary: 'Let a rule that its failures have demoted act by itself again.',
  usage: '<rule> --reason <text>',
  example: 'fixpoint restore guardrails-high-latency --reason "the query was wrong, it is mended"',
  options: { ...serverOptions, reason: { type: 'string' } },
  positionals: { least: 1, most: 1 },
  async run(invocation) {
    const [rule = ''] = invocation.positionals;
    const reason = textOption(invocation.values, 'reason') ?? '';
    if (reason === '') throw new UsageError('say why, with --reason');
    const path = `/api/v1/rules/${encodeURIComponent(rule)}/restore`;
    const answer = await callServer(invocation, { method: 'POST', path, body: { reason } });
    invocation.print(invocation.isJson ? JSON.stringify(answer) : `rule ${oneLine(rule)} acts in its own mode again`);
    return 0;
  },
};
