import { describe, expect, it } from 'vitest';
import type { History, HistoryCursor, HistoryStep } from '../../../src/ports/history.ts';
import type { JournalRecord } from '../../../src/run/journal-entry.ts';
import type { Run } from '../../../src/run/run.ts';
import type { Json } from '../../../src/value/json.ts';
import { minute, start } from '../store/harness.ts';
import { inPhase, runOf } from '../store/records.ts';

export interface HistoryHarness {
  /** An empty history, and the same through other connections, as another process has it. */
  open(): Promise<{ readonly history: History; readonly other: History }>;
}

const origin: HistoryCursor = { generation: '', entry: '0', number: 0, at: 0 };

/** The entry with this number, one ms after the one before it. */
function record(number: number, given: Partial<JournalRecord> = {}): JournalRecord {
  return { type: 'decision', data: {}, id: `${start + number}-0`, number, at: start + number, ...given };
}

function recordOf(number: number, run: Run, type: 'run-created' | 'run-ended'): JournalRecord {
  return record(number, { type, run: run.id, incident: run.incident, rule: run.rule, data: { record: run as unknown as Json } });
}

function stepFrom(from: HistoryCursor, records: readonly JournalRecord[]): HistoryStep {
  const last = records.at(-1);
  if (last === undefined) throw new Error('a step has records');
  return { from, to: { generation: 'g1', entry: last.id, number: last.number, at: last.at }, records };
}

async function addAll(history: History, records: readonly JournalRecord[]): Promise<void> {
  expect(await history.advance(stepFrom(await history.cursor(), records))).toBe(true);
}

/** What every form of history must do. */
export function historyContract(harness: HistoryHarness): void {
  it('begins before the first entry, and then is where the last step went to', async () => {
    const { history, other } = await harness.open();
    expect(await history.cursor()).toEqual(origin);
    const step = stepFrom(origin, [record(1), record(2)]);
    expect(await history.advance(step)).toBe(true);
    expect(await other.cursor()).toEqual(step.to);
    const anew: HistoryCursor = { ...step.to, entry: '0', number: undefined };
    expect(await other.advance({ from: step.to, to: anew, records: [] })).toBe(true);
    expect(await history.cursor()).toEqual(anew);
  });

  it('takes a step once, however many processes bring it at the same time', async () => {
    const { history, other } = await harness.open();
    const run = runOf('a-1');
    const step = stepFrom(origin, [recordOf(1, run, 'run-created'), record(2, { run: run.id })]);
    const answers = await Promise.all([history, other, history, other, history].map((one) => one.advance(step)));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect((await history.entriesOf(run.id)).map(({ number }) => number)).toEqual([1, 2]);
    expect(await other.advance(stepFrom(origin, [record(3, { run: run.id })]))).toBe(false);
    expect(await other.entriesOf(run.id)).toHaveLength(2);
  });

  it('gives entries back as they were, hostile texts included', async () => {
    const { history } = await harness.open();
    const odd = { text: 'a\u0000b \ud800 \u2028 \u{1F600} "\\', deep: [{ 'a\u0000': null }], number: 1.5 };
    const records = [
      record(1, { run: 'r-1', incident: 'r', rule: 'slow', type: 'step-applied', data: odd }),
      record(2, { run: 'r-1' }),
      record(3, { run: 'r-2' }),
    ];
    await addAll(history, records);
    expect(await history.entriesOf('r-1')).toEqual(records.slice(0, 2));
    expect(await history.entriesOf('nobody')).toEqual([]);
  });

  it('takes names that no database would index or store as they are', async () => {
    const { history } = await harness.open();
    const run = runOf('b-1', { subject: `http/${'x\u0000\udfff'.repeat(3000)}`, rule: 'odd\u0000' });
    await addAll(history, [recordOf(1, run, 'run-created')]);
    expect((await history.runs({ subject: run.subject, rule: run.rule, limit: 5 })).runs).toEqual([JSON.parse(JSON.stringify(run))]);
    expect((await history.runs({ subject: `${run.subject}y`, limit: 5 })).runs).toEqual([]);
    expect(await history.run('b-1\u0000')).toBeUndefined();
  });

  it('tells of a run what the journal last said, across steps and within one', async () => {
    const { history } = await harness.open();
    const run = runOf('c-1');
    const ended: Run = { ...inPhase(run, 'planning', 'failed'), reason: 'ladder exhausted' };
    const moved = (number: number, to: string): JournalRecord =>
      record(number, { type: 'phase-changed', run: run.id, data: { from: 'queued', to, reason: `to ${to}` } });
    await addAll(history, [recordOf(1, run, 'run-created'), moved(2, 'planning')]);
    expect(await history.run(run.id)).toMatchObject({ phase: 'planning', reason: 'to planning', updatedAt: start + 2, rule: 'slow' });
    await addAll(history, [moved(3, 'applying')]);
    expect(await history.run(run.id)).toMatchObject({ phase: 'applying' });
    expect((await history.runs({ phase: 'applying', limit: 5 })).runs).toHaveLength(1);
    await addAll(history, [moved(4, 'failed'), recordOf(5, ended, 'run-ended')]);
    expect(await history.run(run.id)).toEqual(ended);
    expect((await history.runs({ phase: 'applying', limit: 5 })).runs).toEqual([]);
    await addAll(history, [record(6, { type: 'recurred', run: run.id })]);
    expect(await history.run(run.id)).toEqual({ ...ended, recurred: true });
  });

  it('does not let a journal that is read anew undo what it knows', async () => {
    const { history } = await harness.open();
    const run = runOf('d-1');
    const ended = inPhase(run, 'superseded');
    const [created, end] = [recordOf(1, run, 'run-created'), recordOf(2, ended, 'run-ended')];
    await addAll(history, [created, end]);
    await history.advance({ from: await history.cursor(), to: { ...origin, generation: 'g1', number: undefined }, records: [] });
    await addAll(history, [created, record(3, { run: run.id })]);
    expect(await history.run(run.id)).toEqual(ended);
    expect((await history.entriesOf(run.id)).map(({ number }) => number)).toEqual([1, 2, 3]);
  });

  it('knows nothing of a run whose beginning it never had, until its end tells all', async () => {
    const { history } = await harness.open();
    const run = runOf('e-1');
    await addAll(history, [record(1, { type: 'phase-changed', run: run.id, data: { from: 'queued', to: 'applying', reason: 'go' } })]);
    expect(await history.run(run.id)).toBeUndefined();
    await addAll(history, [recordOf(2, inPhase(run, 'superseded'), 'run-ended')]);
    expect(await history.run(run.id)).toMatchObject({ phase: 'superseded' });
  });

  it('keeps gaps, and shows those that touch the time asked about', async () => {
    const { history } = await harness.open();
    const trimmed = { cause: 'trimmed', from: start, to: start + 10, missing: 9, noticedAt: start + 20 } as const;
    const lost = { cause: 'lost', from: start + 100, to: start + 110, missing: undefined, noticedAt: start + 110 } as const;
    expect(await history.advance({ ...stepFrom(origin, [record(10)]), gap: trimmed })).toBe(true);
    expect(await history.advance({ ...stepFrom(origin, [record(10)]), gap: trimmed })).toBe(false);
    expect(await history.advance({ ...stepFrom(await history.cursor(), [record(11)]), gap: lost })).toBe(true);
    expect(await history.gaps(0, start + 1000)).toEqual([trimmed, lost]);
    expect(await history.gaps(start + 10, start + 99)).toEqual([trimmed]);
    expect(await history.gaps(start + 11, start + 99)).toEqual([]);
  });

  it('lets go of what is old, a bounded share at a time', async () => {
    const { history } = await harness.open();
    const runs = Array.from({ length: 7 }, (_none, index) => runOf(`f${index}-1`));
    await addAll(
      history,
      runs.map((run, index) => ({ ...recordOf(index + 1, run, 'run-created'), at: start + index * minute })),
    );
    await history.advance({
      from: await history.cursor(),
      to: { ...origin, generation: 'g1', number: undefined },
      records: [],
      gap: { cause: 'lost', from: start, to: start + minute, missing: undefined, noticedAt: start },
    });
    const before = start + 5 * minute;
    let rounds = 1;
    while (await history.sweep(before, 2)) rounds += 1;
    expect(rounds).toBe(history.kind === 'memory' ? 1 : 3);
    expect((await history.runs({ limit: 10 })).runs.map(({ id }) => id)).toEqual(['f6-1', 'f5-1']);
    expect([await history.entriesOf('f4-1'), await history.gaps(0, start * 2)]).toEqual([[], []]);
    expect(await history.entriesOf('f5-1')).toHaveLength(1);
  });

  describe('lists of runs', () => {
    it('are newest first, ids in the order of their bytes, in pages that neither repeat nor leave out', async () => {
      const { history } = await harness.open();
      const ids = ['a-1', 'aa', 'a-2', 'B-1', 'b-1', 'a1', 'ab-1', 'A', 'z-10', 'z-9'];
      const runs = ids.flatMap((id, index) => [runOf(id, { createdAt: start }), runOf(`${id}x`, { createdAt: start + (index % 3) })]);
      await addAll(
        history,
        runs.map((run, index) => recordOf(index + 1, run, 'run-created')),
      );
      const seen: string[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page: Awaited<ReturnType<History['runs']>> = await history.runs({ limit: 3, ...(cursor === undefined ? {} : { cursor }) });
        seen.push(...page.runs.map(({ id }) => id));
        cursor = page.next;
      }
      const expected = runs.toSorted((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1)).map(({ id }) => id);
      expect(seen).toEqual(expected);
    });

    it('can be narrowed down', async () => {
      const { history } = await harness.open();
      const given = [
        runOf('a-1', { rule: 'one', subject: 's1', createdAt: start }),
        runOf('b-1', { rule: 'two', subject: 's1', createdAt: start + 1 }),
        runOf('c-1', { rule: 'one', subject: 's2', createdAt: start + 2 }),
        { ...inPhase(runOf('d-1', { rule: 'one', subject: 's1', createdAt: start + 3 }), 'superseded') },
      ];
      await addAll(
        history,
        given.map((run, index) => recordOf(index + 1, run, 'run-ended')),
      );
      const list = async (filter: Partial<Parameters<typeof history.runs>[0]>) =>
        (await history.runs({ limit: 10, ...filter })).runs.map(({ id }) => id);
      expect(await list({})).toEqual(['d-1', 'c-1', 'b-1', 'a-1']);
      expect(await list({ rule: 'one' })).toEqual(['d-1', 'c-1', 'a-1']);
      expect(await list({ subject: 's1', rule: 'one' })).toEqual(['d-1', 'a-1']);
      expect(await list({ phase: 'superseded' })).toEqual(['d-1']);
      expect(await list({ since: start + 1, rule: 'one' })).toEqual(['d-1', 'c-1']);
      expect(await list({ rule: 'three' })).toEqual([]);
      expect((await history.runs({ limit: 4 })).next).toBeNull();
      await expect(history.runs({ limit: 1, cursor: 'x' })).rejects.toMatchObject({ code: 'request.malformed' });
    });
  });
}
