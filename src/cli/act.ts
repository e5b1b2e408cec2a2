import { callServer, serverOptions } from './api-client.ts';
import { textOption, UsageError, type Command } from './command.ts';

/** Commands that hand a person's wish to a run. */
function actCommand(name: 'approve' | 'deny' | 'cancel' | 'acknowledge', { summary, done }: { summary: string; done: string }): Command {
  return {
    name,
    summary,
    usage: '<run> --reason <text>',
    example: `fixpoint ${name} fq3k2x0a1-1 --reason "looked at it with the team"`,
    options: { ...serverOptions, reason: { type: 'string' } },
    positionals: { least: 1, most: 1 },
    async run(invocation) {
      const [run = ''] = invocation.positionals;
      const reason = textOption(invocation.values, 'reason') ?? '';
      if (reason === '') throw new UsageError('say why, with --reason');
      const answer = await callServer(invocation, {
        method: 'POST',
        path: `/api/v1/runs/${encodeURIComponent(run)}/${name}`,
        body: { reason },
      });
      invocation.print(invocation.isJson ? JSON.stringify(answer) : `run ${run}: ${done}`);
      return 0;
    },
  };
}

export const approve = actCommand('approve', { summary: 'Say yes to the plan a run waits with.', done: 'approved' });
export const deny = actCommand('deny', { summary: 'Say no to the plan a run waits with.', done: 'denied' });
export const cancel = actCommand('cancel', { summary: 'Stop a run before its next change.', done: 'asked to stop' });
export const acknowledge = actCommand('acknowledge', {
  summary: 'Take note of what a run has become; its targets are free again.',
  done: 'acknowledged',
});

export const undo: Command = {
  name: 'undo',
  summary: 'Take back what a run has changed, now.',
  usage: '<run> --reason <text>',
  example: 'fixpoint undo fq3k2x0a1-1 --reason "the load has gone"',
  options: { ...serverOptions, reason: { type: 'string' } },
  positionals: { least: 1, most: 1 },
  async run(invocation) {
    const [run = ''] = invocation.positionals;
    const reason = textOption(invocation.values, 'reason') ?? '';
    if (reason === '') throw new UsageError('say why, with --reason');
    const path = `/api/v1/runs/${encodeURIComponent(run)}/undo`;
    const answer = (await callServer(invocation, { method: 'POST', path, body: { reason } })) as { readonly run: string };
    invocation.print(invocation.isJson ? JSON.stringify(answer) : answer.run);
    return 0;
  },
};
