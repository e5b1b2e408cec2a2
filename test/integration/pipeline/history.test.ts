import { describe, expect, it } from 'vitest';
import { memoryHistory } from '../../../src/adapters/history/memory-history.ts';
import { keepHistory } from '../../../src/pipeline/keep-history.ts';
import { longestLease } from '../../../src/pipeline/longest-lease.ts';
import { Projector } from '../../../src/pipeline/projector.ts';
import { recordEntry } from '../../../src/pipeline/record-entry.ts';
import { runBook } from '../../../src/pipeline/run-book.ts';
import { takeOver } from '../../../src/pipeline/take-over.ts';
import { FixpointError } from '../../../src/errors.ts';
import type { History } from '../../../src/ports/history.ts';
import { emptyRulebook } from '../../../src/rule/rulebook.ts';
import { quietLog } from '../../contract/quiet-log.ts';
import { claimed, inPhase, runOf } from '../../contract/store/records.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

function projectorFor(rig: PipelineRig, history: History): Projector {
  const { store, clock } = rig;
  return new Projector({ store, history, clock, log: quietLog, ids: rig.engine.ids, freezeLength: () => 60_000 });
}

/** A run in its pipeline, with a projector beside it. */
async function helped(history: History): Promise<{ rig: PipelineRig; projector: Projector }> {
  const rig = new PipelineRig();
  const projector = projectorFor(rig, history);
  projector.start();
  await rig.send([{ fingerprint: 'a1' }]);
  await rig.untilEnded();
  return { rig, projector };
}

async function stop(rig: PipelineRig, projector: Projector): Promise<void> {
  const stopped = projector.stop();
  await rig.clock.advance(0);
  await stopped;
}

describe('a run in history', () => {
  it('is shown as it was when the store has dropped it, and its journal too, without what is for the engine only', async () => {
    const history = memoryHistory();
    const { rig, projector } = await helped(history);
    const run = await rig.newest();
    const journal = await rig.store.journalOf(run.id);
    rig.clock.set(rig.clock.now() + 31 * 86_400_000);
    await rig.store.sweep();
    expect(await rig.store.run(run.id)).toBeUndefined();
    const book = runBook({ store: rig.store, history, clock: rig.clock, log: quietLog });
    const found = await book.find(run.id);
    expect(found?.run).toMatchObject({ phase: 'succeeded', reason: run.reason, decisions: run.decisions });
    const [step] = found?.run.rungs[0]?.steps ?? [];
    expect(step).toMatchObject({ changes: [{ what: 'spec.replicas', from: 2, to: 4 }], state: 'settled' });
    expect([step?.intent, step?.inverse, run.rungs[0]?.steps[0]?.intent === undefined]).toEqual([undefined, undefined, false]);
    expect(found?.entries.filter(({ type }) => type !== 'run-ended')).toEqual(journal);
    expect((await book.list({ limit: 5 })).runs.map(({ id }) => id)).toEqual([run.id]);
    await stop(rig, projector);
  });

  it('that Redis lost before it ended is shown as last known', async () => {
    const history = memoryHistory();
    const { rig, projector } = await helped(history);
    const other = new PipelineRig();
    const run = runOf('lost-1');
    await rig.store.createRuns([{ run, entries: [recordEntry('run-created', run)] }]);
    await rig.until(async () => (await history.run('lost-1')) !== undefined);
    await stop(rig, projector);
    const book = runBook({ store: other.store, history, clock: other.clock, log: quietLog });
    expect((await book.find('lost-1'))?.run).toMatchObject({
      phase: 'queued',
      reason: 'Redis does not have this run any more; last known: HighLatency matched rule slow',
    });
    expect(await book.find('never-1')).toBeUndefined();
  });

  it('goes when it is older than it is to be kept', async () => {
    const history = memoryHistory();
    const { rig, projector } = await helped(history);
    const { id } = await rig.newest();
    await keepHistory(history, rig.clock.now() - 3_600_000);
    expect(await history.run(id)).toBeDefined();
    await keepHistory(history, rig.clock.now() + 1);
    expect([await history.run(id), await history.entriesOf(id)]).toEqual([undefined, []]);
    await stop(rig, projector);
  });
});

describe('the database away', () => {
  it('holds no run up; how far history is behind can be seen, and it comes back to nothing', async () => {
    const inner = memoryHistory();
    let isAway = true;
    const away = () => Promise.reject(new FixpointError('history.unavailable', 'away'));
    const history: History = {
      ...inner,
      cursor: () => (isAway ? away() : inner.cursor()),
      advance: (step) => (isAway ? away() : inner.advance(step)),
    };
    const { rig, projector } = await helped(history);
    const run = await rig.newest();
    expect(run.phase).toBe('succeeded');
    expect(await inner.run(run.id)).toBeUndefined();
    expect(await projector.lag()).toBeGreaterThan(30);
    isAway = false;
    await rig.until(async () => (await projector.lag()) === 0);
    expect(await inner.run(run.id)).toMatchObject({ phase: 'succeeded' });
    isAway = true;
    await rig.store.append([{ type: 'recurred', run: run.id, data: {} }]);
    await rig.clock.advance(5000);
    expect(await projector.lag()).toBe(5);
    await stop(rig, projector);
  });
});

describe('history that is behind', () => {
  it('does not say of a run that Redis has what it was before', async () => {
    const history = memoryHistory();
    const { store, clock, engine } = new PipelineRig();
    const run = runOf('moved-1', { createdAt: clock.now() });
    await store.createRuns([{ run, entries: [recordEntry('run-created', run)] }]);
    await takeOver(
      { store, history, clock, ids: engine.ids, log: quietLog, freezeLength: () => 0 },
      await history.cursor(),
      await store.journal('0', 9),
    );
    const fence = await claimed(store, run.id);
    await store.commit({ run: inPhase(run, 'superseded'), fence, entries: [] });
    const book = runBook({ store, history, clock, log: quietLog });
    const phases = async (filter: { phase?: 'queued' | 'superseded' }) =>
      (await book.list({ limit: 5, ...filter })).runs.map(({ phase }) => phase);
    expect(await history.run(run.id)).toMatchObject({ phase: 'queued' });
    expect([await phases({}), await phases({ phase: 'queued' }), await phases({ phase: 'superseded' })]).toEqual([
      ['superseded'],
      [],
      ['superseded'],
    ]);
  });
});

describe('the longest lease', () => {
  it('outlasts every lock, and every request of every step', () => {
    const { engine } = new PipelineRig();
    const { lease } = engine.timing;
    const timeouts = engine.rulebook().rules.flatMap(({ ladder }) => ladder.flatMap(({ steps }) => steps.map(({ timeout }) => timeout)));
    expect(longestLease(engine)).toBe(Math.max(...timeouts) + lease);
    expect(longestLease({ ...engine, rulebook: () => emptyRulebook })).toBe(3 * lease);
  });
});

describe('the record of a run in the journal', () => {
  it('is cut where it is very long, and stays a record', () => {
    const long = 'x'.repeat(400_000);
    const run = inPhase(
      runOf('big-1', {
        alert: { source: 's', fingerprint: 'f', labels: { alertname: 'A' }, annotations: { text: long }, startsAt: 1 },
        decisions: Array.from(
          { length: 5000 },
          (_none, at) => ({ guard: 'paused', decision: 'allow', reason: long.slice(0, 50), at }) as const,
        ),
      }),
      'superseded',
    );
    const { data } = recordEntry('run-ended', run);
    expect(JSON.stringify(data).length).toBeLessThan(250_000);
    expect(data['record']).toMatchObject({ id: 'big-1', phase: 'superseded', subject: run.subject, alert: { fingerprint: 'f' } });
    const { decisions } = data['record'] as unknown as typeof run;
    expect(decisions.at(-1)).toEqual(run.decisions.at(-1));
    expect(recordEntry('run-created', runOf('small-1')).data['record']).toEqual(runOf('small-1'));
  });
});
