import { expect, it } from 'vitest';
import { reloadByHand } from '../../../src/app/reload-by-hand.ts';
import { FixpointError } from '../../../src/errors.ts';
import type { JournalEntry } from '../../../src/run/journal-entry.ts';

function around(load: () => { hash: string; rules: number; problems: readonly string[] }) {
  const journal: JournalEntry[] = [];
  return {
    journal,
    parts: { shelf: { load }, store: { append: async (entries: readonly JournalEntry[]) => void journal.push(...entries) } },
  };
}

it('a reload is journaled with who asked for it', async () => {
  const { journal, parts } = around(() => ({ hash: 'h1', rules: 2, problems: [] }));
  expect(await reloadByHand(parts, 'ann')).toMatchObject({ hash: 'h1' });
  expect(journal).toEqual([{ type: 'person-acted', data: { kind: 'reload', by: 'ann', hash: 'h1' } }]);
});

it('one that is refused is, too', async () => {
  const { journal, parts } = around(() => {
    throw new FixpointError('rules.invalid', 'no');
  });
  await expect(reloadByHand(parts, 'ann')).rejects.toMatchObject({ code: 'rules.invalid' });
  expect(journal).toEqual([{ type: 'person-acted', data: { kind: 'reload', by: 'ann', refused: 'rules.invalid' } }]);
});
