import { z } from 'zod';
import { timeText } from './time-text.ts';

/** A stop of one process alone, made by its file or its environment: no request ends it. */
export interface LocalPause {
  readonly how: 'file' | 'environment';
  /** The file, or the variable. */
  readonly name: string;
  readonly process: string;
  readonly reason: string;
  /** What ends it, as advice. */
  readonly end: string;
  /** When this process saw it first, ms since the epoch by its own clock. */
  readonly since: number;
}

/** What stands for an id, in place of those of the pauses that can be lifted. */
export const localId = 'local';

export const LocalPauseView = z.strictObject({
  id: z.literal(localId),
  how: z.enum(['file', 'environment']),
  name: z.string(),
  process: z.string(),
  reason: z.string(),
  end: z.string(),
  since: z.iso.datetime(),
});

export function localPauseView({ how, name, process, reason, end, since }: LocalPause): z.infer<typeof LocalPauseView> {
  return { id: localId, how, name, process, reason, end, since: timeText(since) };
}
