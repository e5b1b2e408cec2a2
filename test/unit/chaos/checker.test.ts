import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../chaos/check/evidence.ts';
import { effect, episode, found, goodRun, opened, start, undoRun, webhook } from './evidence-fixture.ts';

/** The good run, and another beside it. */
function both(other: ReturnType<typeof goodRun>, change: Partial<Evidence> = {}): readonly string[] {
  const { journal, effects, answer } = goodRun();
  return found({
    journal: [opened, ...journal, ...other.journal],
    effects: [...effects, ...other.effects].toSorted((a, b) => a.at - b.at),
    runs: [answer, other.answer],
    ...change,
  });
}

const { journal: goodJournal, effects: goodEffects } = goodRun();

describe('the checker', () => {
  it('finds nothing in good logs', () => {
    expect(found({})).toEqual([]);
    expect(both(goodRun({ id: 'i2-1', incident: 'i2', target: 'db', fingerprint: 'f1', at: 20_000 }))).toEqual([]);
  });

  it('does not judge by what a refused or repeated request might have done', () => {
    const repeated = effect({ at: start + 160, hasChanged: false, sender: { run: 'i1-1', fence: 2, worker: 11 } });
    expect(found({ effects: [...goodEffects, repeated] })).toEqual([]);
  });
});

describe('I1', () => {
  it('misses an acknowledged alert that has no incident', () => {
    const lost = webhook({ fingerprint: 'f2', notification: 'n2' });
    expect(found({ webhooks: [webhook(), lost] })).toEqual(['I1: alert f2 (notification n2) was answered 202 and has no incident']);
  });

  it('gives an alert its time, and asks nothing of one that was not acknowledged, was refused, or resolved first', () => {
    const late = [webhook({ fingerprint: 'f2', answeredAt: start + 50_000 })];
    expect(found({ webhooks: late, runs: undefined })).toEqual([]);
    expect(found({ webhooks: late, runs: undefined, now: start + 110_000 })).toHaveLength(1);
    expect(found({ webhooks: late })).toHaveLength(1);
    const { answeredAt: _never, ...unanswered } = webhook({ fingerprint: 'f2' });
    expect(found({ webhooks: [unanswered] })).toEqual([]);
    const refused = { ...opened, type: 'member-refused', data: { fingerprint: 'f2', reason: 'other parameters' } };
    expect(found({ webhooks: [webhook({ fingerprint: 'f2' })], journal: [opened, refused, ...goodJournal] })).toEqual([]);
    const resolved = webhook({ fingerprint: 'f2', status: 'resolved', endsAt: start - 80 });
    expect(found({ webhooks: [resolved, webhook({ fingerprint: 'f2' })] })).toEqual([]);
    // The end of an older episode ends nothing.
    expect(found({ webhooks: [{ ...resolved, endsAt: start - 101 }, webhook({ fingerprint: 'f2' })] })).toHaveLength(1);
  });

  it('misses the run of an incident whose alert goes on', () => {
    expect(found({ journal: [opened], effects: [], runs: [] })).toEqual([
      'I1: alert f1 (notification n1) was answered 202, and its incident i1 has no run',
    ]);
  });

  it('misses it also where the alert ended after a good while, and not where it was soon over', () => {
    const lasting = (ms: number) => found({ journal: [opened], effects: [], runs: [], episodes: [episode({ endedAt: start - 100 + ms })] });
    expect(lasting(60_000)).toHaveLength(1);
    expect(lasting(59_999)).toEqual([]);
  });
});

describe('I2', () => {
  it('sees an effect on a target that another run has not given back', () => {
    const other = goodRun({ id: 'i2-1', incident: 'i2', at: 1000 });
    expect(both(other)).toContain('I2: scale by run i2-1 while run i1-1 held it (1850 ms)');
  });

  it('sees one on a target of a run that goes on, and takes all bells for one target', () => {
    const { journal, effects, answer } = goodRun({ id: 'i2-1', incident: 'i2', fingerprint: 'f1', at: 20_000 });
    const open = goodJournal.slice(0, -1);
    expect(found({ journal: [opened, ...open, ...journal], effects: [...goodEffects, ...effects], runs: [answer] })).toContain(
      'I2: scale by run i2-1 while run i1-1 held it (99850 ms)',
    );
    const rings = [
      { run: 'i1-1', target: 'web', at: start + 150 },
      { run: 'i2-1', target: 'db', at: start + 1150 },
    ].map(({ run, ...rest }) => effect({ ...rest, what: 'ring', sender: { run, fence: 1, worker: 10 } }));
    expect(both(goodRun({ id: 'i2-1', incident: 'i2', at: 1000 }), { effects: rings })).toContain(
      'I2: ring by run i2-1 while run i1-1 held it (1850 ms)',
    );
  });

  it('sees one on a target that an interrupted run keeps until a person has seen it', () => {
    const broken = goodRun({ end: 'interrupted' });
    const other = goodRun({ id: 'i2-1', incident: 'i2', fingerprint: 'f3', at: 8000 });
    const change = {
      journal: [opened, ...broken.journal, ...other.journal],
      effects: [...broken.effects, ...other.effects],
      episodes: [episode(), episode({ fingerprint: 'f3' })],
      runs: [broken.answer, other.answer],
      pages: [{ at: start, incident: 'i1' }],
    };
    expect(found({ ...change, acknowledged: new Map([['i1-1', start + 9000]]) })).toEqual([
      'I2: scale by run i2-1 while run i1-1 held it (8850 ms)',
    ]);
    expect(found({ ...change, acknowledged: new Map([['i1-1', start + 5000]]) })).toEqual([]);
  });
});

describe('I3', () => {
  const runsAt = (...times: readonly number[]) =>
    times.map((at, index) => goodRun({ id: `i${index}-1`, incident: `i${index}`, target: `t${index}`, fingerprint: `f${index}`, at }));
  const of = (runs: readonly ReturnType<typeof goodRun>[]) =>
    found({
      journal: runs.flatMap(({ journal }) => journal),
      effects: runs.flatMap(({ effects }) => effects),
      episodes: runs.map((_run, index) => episode({ fingerprint: `f${index}` })),
      runs: runs.map(({ answer }) => answer),
      webhooks: [],
    });

  it('counts the runs of a rule in any window', () => {
    expect(of(runsAt(0, 4000, 9000))).toEqual(['I3: rule scale-up: 3 runs acted within 10000 ms, 2 may (i0-1, i1-1, i2-1)']);
    expect(of(runsAt(0, 4000, 10_000))).toEqual([]);
  });

  it('counts the attempts at an incident', () => {
    const runs = [0, 20_000, 40_000].map((at, index) => goodRun({ id: `i1-${index + 1}`, at }));
    const change = {
      journal: [opened, ...runs.flatMap(({ journal }) => journal)],
      effects: runs.flatMap(({ effects }) => effects),
      runs: runs.map(({ answer }) => answer),
    };
    expect(found(change)).toEqual(['I3: incident i1: 3 runs acted, 2 may']);
  });

  it('measures the cooldown from the end of the run before', () => {
    const early = goodRun({ id: 'i1-2', at: 4000 });
    expect(both(early)).toEqual(['I3: run i1-2 acted 2150 ms after the run before it, the cooldown is 5000 ms']);
    expect(both(goodRun({ id: 'i1-2', at: 7000 }))).toEqual([]);
  });
});

describe('I4', () => {
  it('sees a step that changes its target twice, and a bell that is rung twice', () => {
    const again = effect({ at: start + 170, from: '4', to: '6', sender: { run: 'i1-1', fence: 1, worker: 10 } });
    expect(found({ effects: [...goodEffects, again] })).toEqual(['I4: scale happened twice for run i1-1: 2 → 4; 4 → 6']);
    const ring = effect({ at: start + 150, what: 'ring', from: '0', to: '1', sender: { run: 'i1-1', fence: 1, worker: 10 } });
    expect(found({ effects: [ring, { ...ring, at: start + 160, from: '1', to: '2' }] })).toEqual([
      'I4: ring happened twice for run i1-1: 0 → 1; 1 → 2',
    ]);
  });
});

describe('I4, where someone else put the old state back in between', () => {
  it('lets a step do its work again', () => {
    const foreign = effect({ at: start + 160, what: 'foreign', from: '4', to: '2' });
    const again = effect({ at: start + 170, sender: { run: 'i1-1', fence: 1, worker: 10 } });
    expect(found({ effects: [...goodEffects, foreign, again] })).toEqual([]);
    expect(found({ effects: [...goodEffects, { ...foreign, hasChanged: false }, again] })).toHaveLength(1);
  });
});

describe('I5', () => {
  it('sees an effect before its intent, and one without', () => {
    const late = goodJournal.map((entry) => (entry.type === 'intent' ? { ...entry, at: start + 190 } : entry));
    expect(found({ journal: [opened, ...late] })).toEqual(['I5: scale by run i1-1; its intent was written 40 ms later']);
    const never = goodJournal.filter(({ type }) => type !== 'intent');
    expect(found({ journal: [opened, ...never] })).toEqual(['I5: scale by run i1-1; its intent was written never']);
  });

  it('wants the intent of the very step: one planned later has an entry of its own', () => {
    const restart = effect({ at: start + 250, what: 'restart', sender: { run: 'i1-1', fence: 1, worker: 10 } });
    const first = {
      rung: 0,
      steps: [
        { id: 'scale', intent: {} },
        { id: 'restart', intent: null },
      ],
    };
    const journal = [opened, ...goodJournal.map((entry) => (entry.type === 'intent' ? { ...entry, data: first } : entry))];
    const effects = [...goodEffects, restart];
    expect(found({ journal, effects })).toEqual(['I5: restart by run i1-1; its intent was written never']);
    const own = { ...opened, type: 'intent', run: 'i1-1', at: start + 240, data: { step: 'restart', intent: {} } };
    expect(found({ journal: [...journal, own], effects })).toEqual([]);
  });
});

describe('I6', () => {
  it('sees a change under an older fence than one before', () => {
    const newer = effect({ at: start + 150, sender: { run: 'i1-1', fence: 7, worker: 11 } });
    const stale = effect({ at: start + 160, what: 'restart', sender: { run: 'i1-1', fence: 6, worker: 10 } });
    expect(found({ effects: [newer, stale] })).toEqual(['I6: restart under fence 6 after one under fence 7']);
  });

  it('sees a change after the run has ended', () => {
    const late = effect({ at: start + 2500, what: 'restart', sender: { run: 'i1-1', fence: 1, worker: 10 } });
    expect(found({ effects: [...goodEffects, late] })).toEqual(['I6: restart 500 ms after the run ended succeeded']);
  });

  it('lets a bell ring a moment after its run ended without knowing, and nothing else', () => {
    const run = goodRun({ end: 'interrupted' });
    const late = (after: number, what: 'ring' | 'scale' = 'ring') => {
      const effects = [
        ...run.effects,
        effect({ at: start + 2000 + after, what, target: 'bell', sender: { run: 'i1-1', fence: 1, worker: 10 } }),
      ];
      return found({ journal: [opened, ...run.journal], effects, runs: [run.answer] }).filter((text) => text.startsWith('I6'));
    };
    expect(late(1200)).toEqual([]);
    expect(late(1201)).toEqual(['I6: ring 1201 ms after the run ended interrupted']);
    expect(late(1200, 'scale')).toEqual(['I6: scale 1200 ms after the run ended interrupted']);
  });

  it('sees commits that do not follow from one another', () => {
    const stale = { ...goodJournal[3], id: '9', at: start + 400, data: { from: 'planning', to: 'failed' } } as (typeof goodJournal)[number];
    const broken = [...goodJournal.slice(0, 6), stale, ...goodJournal.slice(6)];
    expect(found({ journal: [opened, ...broken] })).toContain('I6: a commit went from planning to failed when the run was verifying');
    const twice = goodJournal.flatMap((entry) => (entry.type === 'step-applied' ? [entry, { ...entry, id: '8' }] : [entry]));
    expect(found({ journal: [opened, ...twice] })).toEqual(['I6: step scale was committed as applied twice']);
  });
});

describe('I7', () => {
  it('sees an effect long after the alert was over, and allows for evidence that is a moment old', () => {
    expect(found({ episodes: [episode({ endedAt: start - 3850 })] })).toEqual(['I7: scale 4000 ms after its alert was over']);
    expect(found({ episodes: [episode({ startsAt: start - 5000, endedAt: start - 1000 })] })).toEqual([]);
  });

  it('sees one before the alert began', () => {
    expect(found({ episodes: [episode({ startsAt: start + 151 })] })).toEqual([expect.stringMatching(/^I7: scale/)]);
  });
});

describe('what takes a change back', () => {
  const over = { episodes: [episode({ endedAt: start + 1000 })] };

  it('comes after the end of the alert, and is charged to nobody', () => {
    expect(both(undoRun({ at: 20_000 }), over)).toEqual([]);
    // Well within the cooldown of its rule.
    expect(both(undoRun({ at: 2500 }), over)).toEqual([]);
  });

  it('must not come while the alert is known to fire again', () => {
    const again = episode({ startsAt: start + 10_000 });
    const webhooks = [webhook(), webhook({ startsAt: again.startsAt, sentAt: start + 10_100, answeredAt: start + 10_200 })];
    const change = { episodes: [...over.episodes, again], webhooks };
    expect(both(undoRun({ at: 20_000 }), change)).toEqual(['I7: scale takes back while its alert has fired for 10150 ms']);
    // Not known for long enough.
    expect(both(undoRun({ at: 13_000 }), change)).toEqual([]);
    // A rung that failed is taken back while it fires.
    expect(both(undoRun({ at: 20_000, cause: 'failed' }), change)).toEqual([]);
  });
});

describe('I8', () => {
  it('sees an effect on a target without evidence, and on a protected one', () => {
    expect(found({ episodes: [episode({ isBlind: true })] })).toEqual(['I8: scale on a target that no evidence is known of']);
    const kept = effect({ at: start + 150, target: 'kept-web', sender: { run: 'i1-1', fence: 1, worker: 10 } });
    expect(found({ effects: [kept] })).toEqual(['I8: scale on a target that is protected']);
  });

  it('wants to hear who denied', () => {
    const { journal, answer } = goodRun({ end: 'denied' });
    const change = { effects: [], journal: [opened, ...journal], episodes: [episode({ isBlind: true })] };
    expect(found({ ...change, runs: [answer] })).toContain('I8: denied, and no guard says so');
    const denied = { ...answer, decisions: [{ guard: 'stillFiring', decision: 'deny', reason: 'could not be answered' }] };
    expect(found({ ...change, runs: [denied] })).toEqual([]);
  });
});
