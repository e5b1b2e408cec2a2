import type { OutboxMessage } from '../../ports/people-store.ts';
import type { Store } from '../../ports/store.ts';
import { entryArguments } from './run-part.ts';
import type { Scripts } from './script.ts';

type NoticePart = Pick<Store, 'noticesUpTo' | 'queueNotices' | 'takeNotices' | 'settleNotice'>;

/** Notices between the journal and their channels. */
export function noticePart(scripts: Scripts): NoticePart {
  return {
    noticesUpTo: async () => (await scripts.run('notices-upto')) as string,

    async queueNotices({ from, to, notices }) {
      const args = notices.flatMap(({ stream, message }) => [stream, message.key, JSON.stringify(message)]);
      return (await scripts.run('queue-notices', { args: [from, to, ...args] })) === 1;
    },

    async takeNotices(limit, hold) {
      const taken = (await scripts.run('take-notices', { args: [limit, hold] })) as [string, string, number][];
      return taken.map(([stream, message, tries]) => ({ stream, message: JSON.parse(message) as OutboxMessage, tries }));
    },

    async settleNotice({ stream, message }, { retryAt, entries }) {
      await scripts.run('settle-notice', { args: [stream, message.key, retryAt ?? '', ...entryArguments(entries)] });
    },
  };
}
