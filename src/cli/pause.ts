import { optionProblem } from '../app/option-problem.ts';
import { callServer, serverOptions } from './api-client.ts';
import { textOption, UsageError, type Command } from './command.ts';
import { oneLine } from './terminal-text.ts';

interface MadePause {
  readonly id: string;
  readonly until?: string | null;
  /** What may be wrong with it. */
  readonly note?: string;
}

const scopes = ['rule', 'namespace', 'source', 'target'] as const;

export const pause: Command = {
  name: 'pause',
  summary: 'Stop new effects everywhere, or of one rule, namespace, source or target.',
  usage: '[--rule <name> | --namespace <name> | --source <name> | --target <name>] --reason <text> [--until <2h or time>] [--force]',
  example: 'fixpoint pause --reason "database migration" --until 2h',
  options: {
    ...serverOptions,
    ...Object.fromEntries(scopes.map((scope) => [scope, { type: 'string' as const }])),
    reason: { type: 'string' },
    until: { type: 'string' },
    force: { type: 'boolean' },
  },
  positionals: { least: 0, most: 0 },
  async run(invocation) {
    const { values, print, say, isJson } = invocation;
    const reason = textOption(values, 'reason');
    if (reason === undefined || reason === '') throw new UsageError('say why, with --reason');
    const named = scopes.filter((scope) => values[scope] !== undefined);
    if (named.length > 1) throw new UsageError(`one of ${named.map((scope) => `--${scope}`).join(', ')} at a time`);
    const [kind] = named;
    const scope = kind === undefined ? { kind: 'global' } : { kind, name: textOption(values, kind) };
    const until = textOption(values, 'until');
    const problem = until === undefined ? undefined : optionProblem('until', until);
    if (problem !== undefined) throw new UsageError(problem);
    const answer = (await callServer(invocation, {
      method: 'POST',
      path: '/api/v1/pauses',
      body: { scope, reason, ...(until === undefined ? {} : { until }), ...(values['force'] === true ? { force: true } : {}) },
    })) as MadePause;
    const end = typeof answer.until === 'string' ? ` until ${answer.until}` : '';
    print(isJson ? JSON.stringify(answer) : oneLine(`paused${end}; end it with: fixpoint resume ${answer.id}`));
    if (!isJson && typeof answer.note === 'string') say(oneLine(`it may hold up nothing: ${answer.note}`));
    return 0;
  },
};
