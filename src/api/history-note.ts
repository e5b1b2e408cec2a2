import { z } from 'zod';
import type { RunPage } from '../pipeline/run-book.ts';
import { timeText } from './time-text.ts';

const time = z.iso.datetime();

/** What an answer says about how complete it is. */
export const HistoryNote = z.strictObject({
  history: z.enum(['available', 'unavailable', 'off']).meta({ description: 'Whether what Redis has dropped could be asked for' }),
  gaps: z
    .array(
      z.strictObject({
        cause: z.enum(['trimmed', 'lost']),
        from: time,
        to: time,
        missing: z.number().nullable(),
        noticedAt: time,
      }),
    )
    .meta({ description: 'Times of which something is missing: the journal was trimmed before history had it, or Redis lost writes' }),
});

export type HistoryNote = z.infer<typeof HistoryNote>;

export function historyNote({ history, gaps }: Pick<RunPage, 'history' | 'gaps'>): HistoryNote {
  return {
    history,
    gaps: gaps.map(({ cause, from, to, missing, noticedAt }) => ({
      cause,
      from: timeText(from),
      to: timeText(to),
      missing: missing ?? null,
      noticedAt: timeText(noticedAt),
    })),
  };
}
