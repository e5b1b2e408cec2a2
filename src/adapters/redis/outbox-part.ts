import type { OutboxMessage, Store } from '../../ports/store.ts';
import type { Scripts } from './script.ts';

export function outboxPart(scripts: Scripts): Pick<Store, 'takeOutbox' | 'doneOutbox'> {
  return {
    async takeOutbox(limit, hold) {
      const reply = (await scripts.run('take-outbox', { args: [limit, hold] })) as [string, string, number][];
      return reply.map(([id, message, tries]) => ({ ...(JSON.parse(message) as OutboxMessage), id, tries }));
    },
    async doneOutbox(id) {
      await scripts.run('done-outbox', { args: [id] });
    },
  };
}
