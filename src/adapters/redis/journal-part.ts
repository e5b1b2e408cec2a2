import { FixpointError } from '../../errors.ts';
import type { Store } from '../../ports/store.ts';
import type { JournalEntry, JournalRecord } from '../../run/journal-entry.ts';
import type { JournalTail } from './journal-tail.ts';
import { entryArguments } from './run-part.ts';
import type { Scripts } from './script.ts';

type StreamItem = [id: string, fields: string[]];

/** Entries one answer of `follow` has at most. */
const followedEntries = 500;

export function journalPart(scripts: Scripts, tail: JournalTail): Pick<Store, 'journal' | 'follow' | 'journalOf' | 'append'> {
  const key = `${scripts.prefix}journal`;

  async function read(after: string, limit: number): Promise<JournalRecord[]> {
    if (limit <= 0) return [];
    const items = await scripts.link.ask((client) => client.xrange(key, `(${checked(after)}`, '+', 'COUNT', limit));
    return (items as StreamItem[]).map(readItem);
  }

  return {
    journal: read,

    async follow(after, wait, signal) {
      signal.throwIfAborted();
      const start = after === '$' ? await lastId(scripts, key) : after;
      checked(start);
      const deadline = performance.now() + wait;
      for (;;) {
        // Waits before it reads: what comes between the two is not slept over.
        const waiting = tail.wait(start, { ms: Math.max(0, deadline - performance.now()), signal });
        waiting.news.catch(() => {});
        try {
          const found = await read(start, followedEntries);
          if (found.length > 0 || !(await waiting.news)) return found;
        } finally {
          waiting.stop();
        }
      }
    },

    async journalOf(run) {
      const lines = await scripts.link.ask((client) => client.lrange(`${scripts.prefix}run:${run}:journal`, 0, -1));
      return lines.map(readLine);
    },

    async append(entries) {
      if (entries.length > 0) await scripts.run('append', { args: entryArguments(entries) });
    },
  };
}

async function lastId(scripts: Scripts, key: string): Promise<string> {
  const [last] = (await scripts.link.ask((client) => client.xrevrange(key, '+', '-', 'COUNT', 1))) as StreamItem[];
  return last?.[0] ?? '0';
}

function checked(id: string): string {
  if (/^\d{1,20}(-\d{1,20})?$/.test(id)) return id;
  throw new FixpointError('request.malformed', `${JSON.stringify(id.slice(0, 80))} is not the id of a journal entry`);
}

function readItem([id, fields]: StreamItem): JournalRecord {
  return { ...(JSON.parse(fields[3] ?? '{}') as JournalEntry), id, number: Number(fields[5] ?? 0), at: Number(fields[1]) };
}

/** `<id> <at> <number> <json>`, as `journal.lua` writes them. */
function readLine(line: string): JournalRecord {
  const json = line.indexOf('{');
  const [id = '', at, number] = line.slice(0, json).split(' ');
  return { ...(JSON.parse(line.slice(json)) as JournalEntry), id, number: Number(number), at: Number(at) };
}
