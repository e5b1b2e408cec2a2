import { describe, expect, it } from 'vitest';
import { PipelineRig } from '../../../support/pipeline-rig.ts';
import { manualClock } from '../../../../src/adapters/clock/manual-clock.ts';
import { memoryStore } from '../../../../src/adapters/memory/memory-store.ts';
import { isTerminal, phases } from '../../../../src/run/phase.ts';
import { runVersion } from '../../../../src/run/run.ts';
import { mayGo } from '../../../../src/run/transition.ts';

describe('the deadlines of the store in memory', () => {
  const clock = manualClock();
  const store = memoryStore({ clock, law: { version: runVersion, phases, isTerminal, mayGo } });
  const at = clock.now();

  it('are none at first', async () => {
    await store.noticesUpTo();
    expect(store.deadlines()).toEqual({
      reconciling: undefined,
      calls: undefined,
      notices: undefined,
      hasNews: false,
      isAnyIncidentOpen: false,
      isAnythingPaused: false,
    });
  });

  it('tell of incidents, calls, notices, news and pauses', async () => {
    const alert = { source: 's', fingerprint: 'f', status: 'firing', labels: {}, annotations: {}, startsAt: at } as const;
    const entry = { alert, rule: 'r', subject: 'x', params: 'p', flap: 60_000, newIncident: 'i' };
    const batch = { notification: 'n', source: 's', receivedAt: at, tombstone: 1000, unmatched: [] };
    await store.intake({ ...batch, entries: [entry] });
    expect(store.deadlines()).toMatchObject({ isAnyIncidentOpen: true, hasNews: true, reconciling: undefined });
    await store.wakeIncident('i', at + 5000);
    expect(store.deadlines().reconciling).toBe(at + 5000);
    await store.wakeIncident('i', undefined);
    await store.intake({ ...batch, notification: 'm', entries: [{ ...entry, alert: { ...alert, status: 'resolved', endsAt: at } }] });
    expect(store.deadlines().reconciling).toBe(at + 60_000);

    const message = {
      key: 'k',
      kind: 'call',
      incident: 'i',
      run: '',
      rule: 'r',
      subject: 'x',
      severity: 's',
      title: 't',
      text: '',
      reason: '',
      changes: [],
      labels: {},
    };
    await store.openCall({ ...message, after: 7000 });
    expect(store.deadlines().calls).toBe(at + 7000);
    const from = await store.noticesUpTo();
    const [last] = (await store.journal('0', 1000)).slice(-1);
    await store.queueNotices({ from, to: last?.id ?? '', notices: [{ stream: 'a', message }] });
    expect(store.deadlines()).toMatchObject({ notices: at, hasNews: false });
    await store.addPause({ id: 'p', scope: { kind: 'global' }, reason: 'x', by: 'y' });
    expect(store.deadlines()).toMatchObject({ isAnythingPaused: true, hasNews: true });
  });

  it('tell of runs that are to be woken', async () => {
    const rig = new PipelineRig();
    await rig.send([{ fingerprint: 'a' }]);
    await rig.untilPhase('verifying');
    const { reconciling } = (rig.store as ReturnType<typeof memoryStore>).deadlines();
    expect(reconciling).toBeGreaterThan(rig.clock.now());
  });
});
