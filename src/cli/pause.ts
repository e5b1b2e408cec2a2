import { callServer, serverOptions } from './api-client.ts';
import { textOption, UsageError, type Command } from './command.ts';
import { oneLine } from './terminal-text.ts';

const scopes = ['rule', 'namespace', 'source', 'target'] as const;

export const pause: Command = {
  name: 'pause',
  summary: 'Stop new effects everywhere, or of one rule, namespace, source or target.',
  usage: '[--rule <name> | --namespace <name> | --source <name> | --target <name>] --reason <text> [--until <2h or time>]',
  example: 'fixpoint pause --reason "database migration" --until 2h',
  options: {
    ...serverOptions,
    ...Object.fromEntries(scopes.map((scope) => [scope, { type: 'string' as const }])),
    reason: { type: 'string' },
    until: { type: 'string' },
  },
  positionals: { least: 0, most: 0 },
  async run(invocation) {
    const { values, print, isJson } = invocation;
    const reason = textOption(values, 'reason');
    if (reason === undefined || reason === '') throw new UsageError('say why, with --reason');
    const named = scopes.filter((scope) => values[scope] !== undefined);
    if (named.length > 1) throw new UsageError(`one of ${named.map((scope) => `--${scope}`).join(', ')} at a time`);
    const [kind] = named;
    const scope = kind === undefined ? { kind: 'global' } : { kind, name: textOption(values, kind) };
    const until = textOption(values, 'until');
    const answer = (await callServer(invocation, {
      method: 'POST',
      path: '/api/v1/pauses',
      body: { scope, reason, ...(until === undefined ? {} : { until }) },
    })) as { id: string };
    print(isJson ? JSON.stringify(answer) : `paused; end it with: fixpoint resume ${oneLine(answer.id)}`);
    return 0;
  },
};
