import type { JournalRecord } from '../run/journal-entry.ts';
import type { Phase } from '../run/phase.ts';
import type { Run } from '../run/run.ts';
import type { NoticeKind } from '../value/notice-kind.ts';
import { hasActed } from './stint.ts';

const byType: Readonly<Record<string, readonly NoticeKind[]>> = {
  'approval-asked': ['approval-asked'],
  'approval-answered': ['approval-answered'],
  'recurred': ['recurred'],
  'rule-demoted': ['rule-demoted'],
  'rule-restored': ['rule-demoted'],
  'paused': ['pause'],
  'resumed': ['pause'],
};

/** Which notices a journal entry may be, the most telling first; a channel gets the first it wants. */
export function noticeKindsOf({ type, data }: Pick<JournalRecord, 'type' | 'data'>): readonly NoticeKind[] {
  if (type !== 'phase-changed') return byType[type] ?? [];
  const to = data['to'] as Phase;
  const isUnanswered = data['from'] === 'awaiting-approval';
  switch (to) {
    case 'applying':
      return ['run-started', 'undo'];
    case 'undoing':
      return ['undo'];
    case 'planned':
      return ['run-planned'];
    case 'denied':
      return ['run-denied', 'undo'];
    case 'superseded':
    case 'expired':
    case 'cancelled':
      return isUnanswered ? ['approval-expired', 'run-ended', 'undo'] : ['run-ended', 'undo'];
    case 'succeeded':
    case 'failed':
    case 'interrupted':
      return ['run-ended', 'undo'];
    default:
      return [];
  }
}

/** Of the kinds an entry may be, those that it is for this run: an undo is told as such and as nothing else, and what came to nothing not at all. */
export function kindsFor(run: Run | undefined, kinds: readonly NoticeKind[]): readonly NoticeKind[] {
  if (run === undefined) return kinds.filter((kind) => kind === 'pause' || kind === 'rule-demoted');
  const isNothing = run.phase === 'superseded' && !hasActed(run);
  return kinds.filter((kind) => kind.startsWith('approval-') || (!isNothing && (kind === 'undo') === (run.kind === 'undo')));
}
