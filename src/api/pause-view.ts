import { z } from 'zod';
import type { Pause } from '../ports/store.ts';
import { timeText } from './time-text.ts';

const time = z.iso.datetime();

export const PauseView = z.strictObject({
  id: z.string(),
  scope: z.union([
    z.strictObject({ kind: z.literal('global') }),
    z.strictObject({ kind: z.enum(['rule', 'namespace', 'source', 'target']), name: z.string() }),
  ]),
  reason: z.string(),
  by: z.string(),
  at: time,
  /** Null: until someone resumes. */
  until: time.nullable(),
});

export type PauseView = z.infer<typeof PauseView>;

/** A pause that has just been made. */
export const MadePauseView = PauseView.extend({
  /** What may be wrong with it, in words: nothing known is in its scope. */
  note: z.string().optional(),
});

export function pauseView({ id, scope, reason, by, at, until }: Pause): PauseView {
  return { id, scope, reason, by, at: timeText(at), until: timeText(until) };
}
