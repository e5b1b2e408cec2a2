import type { OutboxMessage } from '../../ports/people-store.ts';
import type { Store } from '../../ports/store.ts';
import { entryArguments } from './run-part.ts';
import type { Scripts } from './script.ts';

type CallPart = Pick<Store, 'openCall' | 'endCalls' | 'takeCalls' | 'settleCall' | 'stuckIncidents'>;

/** Calls to people from when they are raised until they are over. */
export function callPart(scripts: Scripts): CallPart {
  return {
    openCall: async (message) => (await scripts.run('open-call', { args: [message.run, JSON.stringify(message)] })) === 1,

    async endCalls(incident, reason) {
      await scripts.run('end-calls', { args: [incident, reason] });
    },

    async takeCalls(limit, hold) {
      const [time, calls] = (await scripts.run('take-calls', { args: [limit, hold] })) as [number, string[][]];
      return calls.map(([id = '', message = '', at, tries, taken = '[]', handled = '']) => ({
        id,
        message: JSON.parse(message) as OutboxMessage,
        at: Number(at),
        time,
        tries: Number(tries),
        taken: JSON.parse(taken) as string[],
        ...(handled === '' ? {} : { handled }),
      }));
    },

    async settleCall({ id, message, handled = '' }, { dueAt, tries, taken, entries }) {
      const args = [message.key, id, dueAt ?? '', tries, JSON.stringify(taken), handled, ...entryArguments(entries)];
      await scripts.run('settle-call', { args });
    },

    stuckIncidents: async (before) => (await scripts.run('stuck-incidents', { args: [Math.floor(before)] })) as string[],
  };
}
