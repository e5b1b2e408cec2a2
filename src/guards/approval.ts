import { formatDuration } from '../value/duration.ts';
import { allow, deny } from './decide.ts';
import type { Guard } from './guard.ts';

/** In mode `approve` a person says yes to the plan that is applied; the engine asks and remembers the answer. */
export const approval: Guard = {
  name: 'approval',
  summary: 'The mode is auto, or a person has approved this very plan.',
  tier: 'mandatory',
  asks: 'inside',
  evaluate({ mode, run, now }) {
    if (mode === 'auto') return allow('mode auto needs no approval');
    if (mode !== 'approve') return deny(`mode ${mode} never acts`);
    const answer = run.approval?.answer;
    if (answer === undefined) return { decision: 'needs-approval', reason: 'mode approve' };
    if (!answer.approved) return deny(`${answer.by} said no: ${answer.reason}`);
    return allow(`approved by ${answer.by} ${formatDuration(Math.max(0, now - answer.at))} ago: ${answer.reason}`);
  },
};
