import type { Lineage } from '../../ports/lineage.ts';
import type { OutboxMessage } from '../../ports/people-store.ts';
import type { Pause } from '../../ports/store.ts';
import type { MemoryJournal } from './memory-journal.ts';

export interface MemoryLineageOptions {
  readonly now: () => number;
  readonly journal: MemoryJournal;
  readonly pauses: Map<string, Pause>;
  call(message: OutboxMessage, place: { id: string; at: number }): void;
}

export function memoryLineage({ now, journal, pauses, call }: MemoryLineageOptions): Lineage {
  const frozen = new Set<string>();
  let generation: string | undefined;
  return {
    async lineage(candidate) {
      generation ??= candidate;
      return { generation, count: journal.count, time: now() };
    },
    async freeze({ key, reason, by, length, message }) {
      if (frozen.has(key)) return false;
      frozen.add(key);
      const at = now();
      const pause = { id: `frozen-${key}`, scope: { kind: 'global' }, reason, by, at, until: at + length } as const;
      pauses.set(pause.id, pause);
      journal.write([{ type: 'paused', data: pause }], at);
      call(message, { id: pause.id, at });
      return true;
    },
  };
}
