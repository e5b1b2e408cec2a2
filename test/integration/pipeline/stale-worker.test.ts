import { describe, expect, it } from 'vitest';
import { ledgerKeys } from '../../../src/guards/ledger-keys.ts';
import { actOnRun } from '../../../src/pipeline/act-on-run.ts';
import { HeldRun } from '../../../src/pipeline/held-run.ts';
import { permitFor } from '../../../src/pipeline/permit.ts';
import type { Claim, Store } from '../../../src/ports/store.ts';
import { targetOf } from '../../support/pipeline/situation.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

type Claimed = Extract<Claim, { outcome: 'claimed' }>;

async function claimed(rig: PipelineRig, id: string): Promise<Claimed> {
  const claim = await rig.store.claim(id, 'someone', 8000);
  if (claim.outcome !== 'claimed') throw new Error(`not claimed: ${claim.outcome}`);
  return claim;
}

/** A run that nobody has been told of, so that the test itself is its worker. */
async function untold(): Promise<{ rig: PipelineRig; id: string }> {
  const rig = new PipelineRig();
  rig.dispatches.addAll = () => Promise.resolve();
  await rig.send([{ fingerprint: 'a1' }]);
  return { rig, id: (await rig.newest()).id };
}

/** A run that one worker holds whose lease is over, and that another has taken. */
async function takenOver() {
  const { rig, id } = await untold();
  const stale = new HeldRun(rig.engine, await claimed(rig, id));
  const admittedAt = stale.now;
  stale.stop();
  rig.clock.set(rig.clock.now() + 9000);
  const fresh = new HeldRun(rig.engine, await claimed(rig, id));
  return { rig, stale, fresh, ask: permitFor(rig.engine, stale, { targets: [], admittedAt }) };
}

describe('a worker whose run was taken over', () => {
  it('has the lower fence and cannot commit', async () => {
    const { rig, stale, fresh } = await takenOver();
    expect(fresh.fence).toBeGreaterThan(stale.fence);
    const before = await rig.journalTypes();
    await expect(stale.enter('cancelled', 'mine')).rejects.toMatchObject({ code: 'run.stale-fence' });
    expect([stale.signal.aborted, await rig.journalTypes(), (await rig.store.run(stale.run.id))?.run.phase]).toEqual([
      true,
      before,
      'queued',
    ]);
    fresh.stop();
  });

  it('is not let through to another request', async () => {
    const { ask, fresh } = await takenOver();
    await expect(ask()).rejects.toMatchObject({ code: 'run.stale-fence' });
    fresh.stop();
  });

  it('is told by its heartbeat, and stops what is under way', async () => {
    const { rig, id } = await untold();
    const held = new HeldRun(rig.engine, await claimed(rig, id));
    rig.clock.set(rig.clock.now() + 9000);
    const fresh = new HeldRun(rig.engine, await claimed(rig, id));
    await rig.clock.advance(2000);
    expect([held.signal.aborted, fresh.signal.aborted]).toEqual([true, false]);
    fresh.stop();
  });
});

describe('a worker that sleeps while it waits for an answer', () => {
  /** Frozen for longer than its lease after the store has answered; the answer is what it sees first when it wakes. */
  async function askAsleep(during: 'permit' | 'renew', neededMs: number): Promise<void> {
    const { rig, id } = await untold();
    const held = new HeldRun(rig.engine, await claimed(rig, id));
    held.stop();
    const asleep = async <T>(answer: Promise<T>): Promise<T> => {
      const answered = await answer;
      rig.clock.set(rig.clock.now() + 80_000);
      return answered;
    };
    const { store } = rig;
    const late: Partial<Store> = {
      permit: {
        permit: (...given: Parameters<Store['permit']>) => asleep(store.permit(...given)),
      },
      renew: {
        renew: (...given: Parameters<Store['renew']>) => asleep(store.renew(...given)),
      },
    }[during];
    await permitFor({ ...rig.engine, store: { ...store, ...late } }, held, { targets: [], admittedAt: held.now })(neededMs);
  }

  it('does not take what was allowed then for allowed now', async () => {
    await expect(askAsleep('permit', 0)).rejects.toMatchObject({ code: 'timeout', details: { stop: 'late' } });
    await expect(askAsleep('renew', 60_000)).rejects.toMatchObject({ code: 'timeout', details: { stop: 'late' } });
  });
});

describe('a worker that has slept through the end of its run', () => {
  it('is granted nothing more, also what nobody holds', async () => {
    const rig = new PipelineRig();
    await rig.send([{ fingerprint: 'a1' }]);
    const { id: run } = await rig.untilEnded();
    const claims = [{ kind: 'lock' as const, key: ledgerKeys.lock(targetOf('db')), lease: 1000 }];
    expect(await rig.ledger.acquire({ run, fence: 1000, claims })).toMatchObject({ outcome: 'refused', refusal: 'ended' });
    expect(await rig.ledger.acquire({ run: 'another', fence: 1001, claims })).toMatchObject({ outcome: 'granted' });
  });
});

describe('a run under way that a person acknowledges', () => {
  it('keeps others off its targets', async () => {
    const rig = new PipelineRig();
    await rig.send([{ fingerprint: 'a1' }]);
    const { id } = await rig.untilPhase('verifying');
    await actOnRun(rig.engine, id, { kind: 'acknowledge', by: 'ann', reason: 'seen' });
    const claims = [{ kind: 'lock' as const, key: ledgerKeys.lock(targetOf('web')), lease: 1000 }];
    expect(await rig.ledger.acquire({ run: 'another', fence: 1000, claims })).toMatchObject({ outcome: 'refused', holder: id });
  });
});

describe('a worker that holds its run', () => {
  it('keeps it by its heartbeat for as long as it works', async () => {
    const { rig, id } = await untold();
    const held = new HeldRun(rig.engine, await claimed(rig, id));
    await rig.clock.advance(100_000);
    expect([(await rig.store.claim(id, 'another', 8000)).outcome, held.signal.aborted]).toEqual(['held', false]);
    held.stop();
    await rig.clock.advance(9000);
    expect(rig.errors).toEqual([]);
  });

  it('is let through only soon after its admission', async () => {
    const { rig, id } = await untold();
    const held = new HeldRun(rig.engine, await claimed(rig, id));
    const ask = (admittedAt: number) => permitFor(rig.engine, held, { targets: [], admittedAt })();
    await expect(ask(held.now - 10_001)).rejects.toMatchObject({ code: 'timeout' });
    await expect(ask(held.now - 10_000)).resolves.toBeUndefined();
    held.stop();
  });

  it('writes nothing more once it has been told to give it up', async () => {
    const { rig, id } = await untold();
    const held = new HeldRun(rig.engine, await claimed(rig, id));
    held.abandon('the process stops');
    const before = await rig.journalTypes();
    await expect(held.enter('cancelled', 'cut off')).rejects.toMatchObject({ code: 'run.stale-fence' });
    expect([await rig.journalTypes(), (await rig.store.run(id))?.run.phase]).toEqual([before, 'queued']);
    held.stop();
  });

  it('gets a longer lease for a request that may take longer', async () => {
    const { rig, id } = await untold();
    const held = new HeldRun(rig.engine, await claimed(rig, id));
    held.stop();
    await permitFor(rig.engine, held, { targets: [], admittedAt: held.now })(60_000);
    rig.clock.set(rig.clock.now() + 61_000);
    expect((await rig.store.claim(id, 'another', 8000)).outcome).toBe('held');
  });

  /** The run has its target, as after admission. */
  async function admitted() {
    const { rig, id } = await untold();
    const held = new HeldRun(rig.engine, await claimed(rig, id));
    held.stop();
    const target = targetOf('web');
    const claims = [
      { kind: 'lock', key: ledgerKeys.lock(target), lease: 30_000 },
      { kind: 'slot', key: 'slot/rule/slow', max: 1, lease: 30_000 },
    ] as const;
    const isFree = async () => (await rig.ledger.peek({ run: 'other', fence: 1, claims: [claims[0]] })).outcome === 'granted';
    const hasPlace = async () => (await rig.ledger.peek({ run: 'other', fence: 1, claims: [claims[1]] })).outcome === 'granted';
    await rig.ledger.acquire({ run: id, fence: held.fence, claims });
    const ask = permitFor(rig.engine, held, { targets: [target], admittedAt: held.now });
    return { rig, id, held, claims, ask, isFree, hasPlace };
  }

  it('keeps others off its targets until a long request of a dead worker has been taken over', async () => {
    const { rig, id, ask, isFree, hasPlace } = await admitted();
    await ask(600_000);
    rig.clock.set(rig.clock.now() + 607_000);
    expect([(await rig.store.claim(id, 'another', 8000)).outcome, await isFree(), await hasPlace()]).toEqual(['held', false, false]);
    rig.clock.set(rig.clock.now() + 2000);
    expect([(await rig.store.claim(id, 'another', 8000)).outcome, await isFree(), await hasPlace()]).toEqual(['claimed', false, false]);
  });

  it('is not let through to a long request once it has lost its lock', async () => {
    const { rig, id, claims, ask } = await admitted();
    await rig.ledger.release(id, [claims[0].key]);
    await rig.ledger.acquire({ run: 'other', fence: 1, claims: [claims[0]] });
    await expect(ask(600_000)).rejects.toMatchObject({ code: 'cancelled', details: { stop: 'late' } });
  });
});
