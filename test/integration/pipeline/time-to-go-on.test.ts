import { describe, expect, it } from 'vitest';
import { ledgerKeys } from '../../../src/guards/ledger-keys.ts';
import { actOnRun } from '../../../src/pipeline/act-on-run.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { targetOf } from '../../support/pipeline/situation.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const minute = 60_000;
const verify = "{ within: 35m, checks: [{ promql: { query: slowness, expect: 'value < 1.0', window: 15s, for: 30s } }] }";
const rung = (name: string, count: number) =>
  `{ remediation: scale, with: { name: ${name}, replicas: { atLeast: ${count} } }, verify: ${verify} }`;
const holding = `{ cooldown: 5m, attempts: 1, holdWhile: [{ match: 'alertname="DatabaseDown"', scope: source }] }`;
const databaseDown = { fingerprint: 'd1', labels: { alertname: 'DatabaseDown' } };

const pause = { id: 'p1', scope: { kind: 'global' }, reason: 'hands off', by: 'ann' } as const;

/** Nothing ever helps. */
async function inVain(ladder: readonly string[], mode = 'auto'): Promise<PipelineRig> {
  const rig = new PipelineRig({
    rules: rulesFile(slowRule({ mode, ladder: `[${ladder.join(', ')}]`, guards: holding })),
    quiet: 4 * 60 * minute,
  });
  rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
  await rig.send([{ fingerprint: 'a1' }]);
  return rig;
}

describe('the hour within which a run has to go on', () => {
  it('begins anew when a rung that acted has ended: a long ladder is tried to its end', async () => {
    const rig = await inVain([rung('web', 4), rung('db', 3), rung('web', 6)]);
    const run = await rig.untilEnded(180 * minute);
    expect([run.phase, rig.effects]).toEqual(['failed', ['scaled web to 4', 'scaled db to 3', 'scaled web to 6']]);
    expect((run.finishedAt ?? 0) - run.createdAt).toBeGreaterThan(100 * minute);
  });

  it('is over an hour after that where the next rung may not begin, and a person is called', async () => {
    const rig = await inVain([rung('web', 4), rung('db', 3)]);
    await rig.until(() => rig.effects.length === 1);
    rig.sources.note([databaseDown]);
    await rig.untilPhase('waiting', 60 * minute);
    const failedAt = rig.clock.now();
    await rig.clock.advance(59 * minute);
    expect([(await rig.newest()).phase, rig.paged]).toEqual(['waiting', []]);
    const run = await rig.untilEnded(2 * minute);
    expect([run.phase, rig.effects, rig.paged.length]).toEqual(['expired', ['scaled web to 4'], 1]);
    expect((run.finishedAt ?? 0) - failedAt).toBeLessThan(61 * minute);
  });

  it('does not begin anew where a rung had nothing to change, or could not be planned', async () => {
    const rig = await inVain(['gone', 'web', 'db'].map((name) => rung(name, 2)));
    rig.sources.note([databaseDown]);
    await rig.untilPhase('waiting');
    await rig.clock.advance(30 * minute);
    rig.sources.note([{ ...databaseDown, status: 'resolved' }]);
    const run = await rig.untilPhase('verifying');
    expect([run.rungs.map(({ state }) => state), run.expiresAt - run.createdAt]).toEqual([['failed', 'empty', 'verifying'], 60 * minute]);
  });

  it('begins anew with a yes: what a person took their time for is not given up a moment after', async () => {
    const rig = await inVain([rung('web', 4)], 'approve');
    const { id } = await rig.untilPhase('awaiting-approval');
    await rig.clock.advance(59 * minute);
    rig.sources.note([databaseDown]);
    await actOnRun(rig.engine, id, { kind: 'approve', by: 'ann', reason: 'as agreed' });
    await rig.untilPhase('waiting');
    await rig.clock.advance(50 * minute);
    expect([(await rig.newest()).phase, rig.effects]).toEqual(['waiting', []]);
    rig.sources.note([{ ...databaseDown, status: 'resolved' }]);
    await rig.until(() => rig.effects.length === 1, minute);
  });
});

describe('an incident whose only attempt has expired', () => {
  /** A rung has acted, and something keeps the next from being begun. */
  async function heldUp(hold: (rig: PipelineRig) => unknown): Promise<PipelineRig> {
    const rig = await inVain([rung('web', 4), rung('db', 3)]);
    await rig.until(() => rig.effects.length === 1);
    await hold(rig);
    expect((await rig.untilEnded(120 * minute)).phase).toBe('expired');
    return rig;
  }

  it('calls a person when it has been kept from acting by a pause for as long as that may be silent', async () => {
    const rig = await heldUp(async (held) => await held.store.addPause(pause));
    expect(rig.paged).toEqual([]);
    await rig.clock.advance(3 * 60 * minute);
    expect(rig.paged.map(({ title }) => title)).toEqual([expect.stringContaining('has been kept from acting on') as string]);
    expect(rig.effects).toEqual(['scaled web to 4']);
  });

  it('does not call again of itself once somebody has acknowledged the call about what was not silent', async () => {
    const rig = await heldUp(async (held) => {
      held.sources.note([databaseDown]);
      await held.untilPhase('waiting', 60 * minute);
      // A pause in between is not what it has expired of.
      await held.store.addPause(pause);
      await held.until(async () => (await held.newest()).waiting?.guard === 'paused');
      await held.store.removePause(pause.id, 'ann');
    });
    expect(rig.paged).toHaveLength(1);
    await actOnRun(rig.engine, (await rig.newest()).id, { kind: 'acknowledge', by: 'ann', reason: 'looking at it' });
    await rig.clock.advance(10 * 60 * minute);
    expect([rig.paged.length, (await rig.runs()).length]).toEqual([1, 1]);
  });
});

describe('a run whose target another holds for longer than its hour', () => {
  it('expires, and a person is called', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule()) });
    const claims = [{ kind: 'lock' as const, key: ledgerKeys.lock(targetOf('web')), lease: 600 * minute }];
    await rig.ledger.acquire({ run: 'other', fence: 1, claims });
    await rig.send([{ fingerprint: 'a1' }]);
    expect((await rig.untilPhase('waiting')).waiting?.guard).toBe('targetLock');
    await rig.clock.advance(61 * minute);
    expect([(await rig.runs()).map(({ phase }) => phase), rig.paged.length, rig.effects]).toEqual([['waiting', 'expired'], 1, []]);
  });
});

describe('a question that nobody answers', () => {
  it('calls a person when its time is over, and is not asked again', async () => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ mode: 'approve', guards: '{ approval: { expires: 20m } }' })) });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('awaiting-approval');
    await rig.clock.advance(19 * minute);
    expect([(await rig.newest()).phase, rig.paged]).toEqual(['awaiting-approval', []]);
    await rig.clock.advance(120 * minute);
    expect([(await rig.runs()).map(({ phase }) => phase), rig.paged.map(({ reason }) => reason)]).toEqual([
      ['expired'],
      ['nobody answered in time'],
    ]);
  });
});
