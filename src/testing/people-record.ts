import type { People } from '../app/people.ts';
import type { Channel } from '../ports/channel.ts';
import type { OutboxMessage } from '../ports/people-store.ts';

/** A call or notice that a channel took. */
export interface Told {
  readonly at: number;
  readonly message: OutboxMessage;
  /** Whether those who were called have been told that nobody is needed any more. */
  isHandled: boolean;
}

/** Who was told what, each message once however often a channel is told again. */
export class PeopleRecord {
  readonly calls: Told[] = [];
  readonly notices: Told[] = [];
  readonly #now: () => number;
  readonly #known = new Set<string>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The same ways to people, written down as they are used. */
  recording({ calls, notices }: People): People {
    return {
      calls: calls.map((channel) => this.#recorded(channel, this.calls)),
      notices: notices.map((notice) => ({ ...notice, channel: this.#recorded(notice.channel, this.notices) })),
    };
  }

  #recorded(channel: Channel, into: Told[]): Channel {
    return {
      name: channel.name,
      isKept: channel.isKept,
      send: async (delivery, signal) => {
        await channel.send(delivery, signal);
        const { message, startsAt } = delivery;
        if (message.kind === 'handled') {
          for (const call of into) if (call.message.key === message.key) call.isHandled = true;
          return;
        }
        const key = `${channel.name} ${message.kind} ${message.key} ${into === this.calls ? startsAt : ''}`;
        if (this.#known.has(key)) return;
        this.#known.add(key);
        into.push({ at: this.#now(), message, isHandled: false });
      },
    };
  }
}
