import { formatDuration } from '../value/duration.ts';
import { allow, deny } from './decide.ts';
import type { DescribedGuard } from './guard.ts';

/** In mode `approve` a person says yes to the plan that is applied; the engine asks and remembers the answer. */
export const approval: DescribedGuard = {
  name: 'approval',
  summary: 'The mode is auto, or a person has approved this very plan.',
  tier: 'mandatory',
  asks: 'inside',
  fallback: 'by `mode`, which is `plan` unless told; answers are waited for for 1h (`defaults.approval`), and any operator may give them',
  limit: '`limits.mode`',
  outcomes: {
    'needs-approval': 'mode `approve`, and nobody has answered yet',
    'deny': 'mode `plan` or `observe`; a person has said no; who approved it is who asked for it, with `fourEyes`',
  },
  inputs: ({ mode, settings, run }) => ({
    mode,
    ...(settings.approval?.role === undefined ? {} : { role: settings.approval.role }),
    fourEyes: settings.approval?.fourEyes ?? false,
    answer: run.approval?.answer === undefined ? null : { ...run.approval.answer },
  }),
  evaluate({ mode, run, settings, now }) {
    if (mode === 'auto') return allow('mode auto needs no approval');
    if (mode !== 'approve') return deny(`mode ${mode} never acts`);
    const answer = run.approval?.answer;
    if (answer === undefined) return { decision: 'needs-approval', reason: 'mode approve' };
    if (!answer.approved) return deny(`${answer.by} said no: ${answer.reason}`);
    if (settings.approval?.fourEyes === true && answer.by === run.requestedBy) {
      return deny(`${answer.by} asked for this run and approved it; with fourEyes that is another person's to do`);
    }
    return allow(`approved by ${answer.by} ${formatDuration(Math.max(0, now - answer.at))} ago: ${answer.reason}`);
  },
};
