import { describe, expect, it } from 'vitest';
import { found, goodRun, opened, start, undoRun } from './evidence-fixture.ts';

const { journal: goodJournal, answer: goodAnswer } = goodRun();

describe('I9', () => {
  it('sees a run that goes on for too long, and one that is left at the end', () => {
    const open = goodJournal.slice(0, -1);
    expect(found({ journal: [opened, ...open], now: start + 310_000, runs: [] })).toContain(
      'I9: run i1-1 goes on after 310 s; last: phase-changed {"from":"applying","to":"verifying"}',
    );
    const left = { ...goodAnswer, phase: 'verifying', reason: 'promql failed' };
    expect(found({ journal: [opened, ...open], runs: [left], now: start + 60_000 })).toEqual([
      'I9: run i1-1 is still verifying: promql failed',
    ]);
  });

  it('lets what takes a change back wait for as long as its incident is open', () => {
    const { journal } = undoRun({ at: 20_000 });
    const waiting = [opened, ...goodJournal, ...journal.slice(0, 2)];
    expect(found({ journal: waiting, runs: undefined, now: start + 900_000 })).toEqual([]);
  });

  it.each(['expired', 'interrupted'])('sees that nobody was called about a run that %s', (end) => {
    const run = goodRun({ end });
    expect(found({ journal: [opened, ...run.journal], runs: [run.answer] })).toEqual([`I9: ${end}, and nobody was called`]);
  });

  it('sees that nobody was called', () => {
    const failed = goodRun({ end: 'failed' });
    const change = { journal: [opened, ...failed.journal], runs: [failed.answer] };
    expect(found(change)).toEqual(['I9: failed, and nobody was called']);
    expect(found({ ...change, pages: [{ at: start, incident: 'i1' }] })).toEqual([]);
    const notNeeded = { ...opened, type: 'call-ended', data: { reason: 'the incident is closed', made: false } };
    expect(found({ ...change, journal: [...change.journal, notNeeded] })).toEqual([]);
    expect(found({ ...change, journal: [...change.journal, { ...notNeeded, data: {} }] })).toHaveLength(1);
  });
});

describe('I10', () => {
  it('sees what has no reason', () => {
    expect(found({ runs: [{ ...goodAnswer, reason: '' }] })).toEqual(['I10: succeeded without a reason']);
    const dumb = { ...goodAnswer, decisions: [{ guard: 'rate', decision: 'allow', reason: '' }] };
    expect(found({ runs: [dumb] })).toEqual(['I10: rate decided without a reason']);
    const decision = { ...opened, type: 'decision', run: 'i1-1', data: { guard: 'rate', decision: 'deny' } };
    expect(found({ journal: [opened, ...goodJournal, decision] })).toEqual(['I10: a decision without a reason']);
  });

  it('sees a denial that nobody decided, and a run that the API has lost', () => {
    const denied = goodRun({ end: 'denied' });
    expect(found({ journal: [opened, ...denied.journal], runs: [denied.answer] })).toEqual(['I10: denied without a decision']);
    expect(found({ runs: [] })).toEqual(['I10: the journal tells of a run that the API does not have']);
  });
});
