import type { OutboxMessage } from '../ports/people-store.ts';
import type { JournalRecord } from '../run/journal-entry.ts';
import type { Run } from '../run/run.ts';
import { formatDuration } from '../value/duration.ts';
import type { NoticeKind } from '../value/notice-kind.ts';
import { oneLine } from '../value/one-line.ts';
import { planLines } from './readable-changes.ts';

type Words = Pick<OutboxMessage, 'title' | 'text' | 'reason'>;

export interface NoticeAbout {
  readonly kind: NoticeKind;
  readonly record: JournalRecord;
  readonly run: Run;
  /** The same rung was asked about before. */
  readonly isAgain: boolean;
  /** Store time, ms. */
  readonly now: number;
}

/** A notice about a run, in words. */
export function noticeText({ kind, record, run, isAgain, now }: NoticeAbout): Words {
  const word = (name: string) => (typeof record.data[name] === 'string' ? oneLine(record.data[name], 1000) : '');
  const name = run.alert.labels['alertname'] ?? 'An alert';
  const titled = (title: string, { reason, text = reason }: { reason: string; text?: string }): Words => ({
    title: oneLine(`${name}: ${title}`),
    reason,
    text,
  });
  const reason = word('reason');
  switch (kind) {
    case 'approval-asked':
      return titled(`${run.rule} asks for approval${isAgain ? ' of a new plan' : ''}`, {
        reason: isAgain ? 'what the plan starts from has changed since it was asked about' : 'the rule asks before it acts',
        text: questionText(run, isAgain, now),
      });
    case 'approval-answered': {
      const [answer, by] = [word('kind') === 'approve' ? 'approved' : 'denied', word('by')];
      return titled(`${answer} by ${by}: ${run.rule} on ${run.subject}`, { reason });
    }
    case 'approval-expired':
      return titled(`no answer is needed any more: ${run.rule} on ${run.subject} ${word('to')}`, { reason });
    case 'run-started':
      return titled(`${run.rule} acts on ${run.subject}`, { reason, text: [reason, ...plansOf(run)].join('\n') });
    case 'run-planned':
      return titled(`${run.rule} would act on ${run.subject}`, { reason, text: [reason, ...plansOf(run)].join('\n') });
    case 'recurred':
      return titled(`${run.rule} on ${run.subject} recurred`, { reason: 'the alert goes on firing after the run had succeeded' });
    case 'undo':
    case 'run-ended':
    case 'run-denied':
    case 'rule-demoted':
    case 'pause':
      return titled(`${run.kind === 'undo' ? 'undo of ' : ''}${run.rule} ${word('to')} on ${run.subject}`, {
        reason,
        text: [reason, ...plansOf(run)].join('\n'),
      });
  }
}

/** A notice that is about no run: pauses, rules. */
export function noticeTextWithoutRun({ type, rule, data }: JournalRecord): Words {
  const word = (name: string) => (typeof data[name] === 'string' ? oneLine(data[name], 1000) : undefined);
  const by = word('by');
  const reason = word('reason') ?? '';
  const what = rule === undefined ? oneLine(JSON.stringify(data['scope'] ?? data['id'] ?? null)) : `rule ${rule}`;
  const title = oneLine(`${type}: ${what}${by === undefined ? '' : ` by ${by}`}`);
  return { title, text: reason, reason };
}

function plansOf(run: Run): readonly string[] {
  return run.rungs.flatMap((rung, index) => {
    const lines = planLines(rung);
    return lines.length === 0 ? [] : ['', `rung ${index + 1}: ${rung.remediation} (${rung.state})`, ...lines];
  });
}

/** All that a person needs to say yes or no, and how. */
function questionText(run: Run, isAgain: boolean, now: number): string {
  const rung = run.rungs[run.rung];
  const { approval } = run;
  const summary = run.alert.annotations['summary'];
  const expiry =
    approval === undefined
      ? []
      : [
          `expires ${new Date(approval.expiresAt).toISOString()} (in ${formatDuration(Math.max(0, Math.floor((approval.expiresAt - now) / 1000) * 1000))})`,
        ];
  return [
    ...(summary === undefined ? [] : [oneLine(summary)]),
    oneLine(`${run.rule}, attempt ${run.attempt}, on ${run.subject}`),
    ...(isAgain ? ['The world has changed since this was asked: an answer to the plan before does not count.'] : []),
    '',
    ...(rung === undefined ? [] : [`rung ${run.rung + 1}: ${rung.remediation}`, ...planLines(rung)]),
    '',
    ...expiry,
    `fixpoint approve ${run.id} --reason "…"`,
    `fixpoint deny ${run.id} --reason "…"`,
  ].join('\n');
}
