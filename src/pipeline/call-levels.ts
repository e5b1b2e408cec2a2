import type { OpenCall, OutboxMessage } from '../ports/people-store.ts';
import { formatDuration } from '../value/duration.ts';

/** One whom a call goes to; without a name where the rule has no order of people. */
export interface Level {
  readonly name?: string;
  /** How it is remembered that a channel has taken the call for them. */
  markIn(channel: string): string;
  /** The call as they hear it. */
  addressed(message: OutboxMessage): OutboxMessage;
}

/** Whoever has to hear of a call by now: the first at once, one more each time that nobody has acknowledged it for so long. */
export function levelsOf({ message, at, time }: Pick<OpenCall, 'message' | 'at' | 'time'>): readonly Level[] {
  const { order, after = 0 } = message;
  if (order === undefined) return [{ markIn: (channel) => channel, addressed: (one) => one }];
  const steps = Math.floor(Math.max(0, time - at - after) / order.every);
  return order.names.slice(0, steps + 1).map((name, index) => ({
    name,
    markIn: (channel) => (index === 0 ? channel : `${channel}, ${name}`),
    addressed: (one) => {
      const isLate = index > 0 && one.kind === 'call';
      return { ...one, level: name, text: isLate ? `${waited(name, index * order.every)}\n\n${one.text}` : one.text };
    },
  }));
}

function waited(name: string, length: number): string {
  return `For ${name}: nobody has acknowledged it for ${formatDuration(length)}.`;
}
