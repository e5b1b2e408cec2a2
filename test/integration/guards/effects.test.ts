import { describe, expect, it } from 'vitest';
import { parseRate } from '../../../src/value/rate.ts';
import { ledgerKeys } from '../../../src/guards/ledger-keys.ts';
import { rulesFile, slowRule, testActions } from '../../support/pipeline/rules.ts';
import { targetOf } from '../../support/pipeline/situation.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

function rigWith(ladder: string, global: string): PipelineRig {
  const rate = parseRate(global);
  if (rate === undefined) throw new Error(`${global} is no rate`);
  return new PipelineRig({ rules: rulesFile(slowRule({ guards: '{}', ladder })), limits: { rate: { global: [rate] } } });
}

describe('a global rate', () => {
  it('counts two changes of one target as two', async () => {
    const rig = rigWith('[{ remediation: scale-twice }]', '1/1h');
    await rig.send([{ fingerprint: 'a1' }]);
    expect(await rig.untilEnded()).toMatchObject({ phase: 'denied', reason: expect.stringContaining('rate: ') as string });
    expect(rig.effects).toEqual([]);
  });

  it('counts what waits between two changes as none', async () => {
    const rig = rigWith('[{ remediation: wait-between }]', '2/1h');
    rig.world.set('web', 3);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('succeeded');
    expect(rig.effects).toEqual(['scaled web to 4', 'scaled db to 2']);
  });

  it('counts no undo', async () => {
    const rig = rigWith(
      '[{ remediation: scale, with: { name: web, replicas: { atLeast: 4 } }, undo: { when: resolved, after: 1m } }]',
      '1/1d',
    );
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('succeeded');
    await rig.send([{ fingerprint: 'a1', status: 'resolved' }]);
    await rig.until(async () => (await rig.runs()).some(({ kind, phase }) => kind === 'undo' && phase === 'succeeded'), 3_600_000);
    expect(rig.effects).toEqual(['scaled web to 4', 'scaled web to 2']);
  });
});

describe('what a step affects besides its target', () => {
  const db = 'kubernetes/default/shop/deployment.apps/db';
  const rigWithAffected = ({ step = 'scale', remediation = '' } = {}) => {
    const actions = new Map(testActions);
    const scale = actions.get('kubernetes.scale');
    if (scale === undefined) throw new Error('there is no such action');
    actions.set(scale.name, {
      ...scale,
      plan: async (params, context) => ({ ...(await scale.plan(params, context)), ...(context.step === step ? { affects: [db] } : {}) }),
    });
    const ladder = remediation === '' ? {} : { ladder: `[{ remediation: ${remediation} }]` };
    return new PipelineRig({ rules: rulesFile(slowRule(ladder)), engine: { actions } });
  };

  it('is protected like it', async () => {
    const rig = rigWithAffected();
    rig.protection.targets.push(db);
    await rig.send([{ fingerprint: 'a1' }]);
    expect(await rig.untilEnded()).toMatchObject({ phase: 'denied', reason: expect.stringContaining(`protectedTarget: ${db}`) as string });
    expect(rig.effects).toEqual([]);
  });

  it('is asked about again where only an earlier change tells what it is', async () => {
    const free = rigWithAffected({ step: 'more', remediation: 'scale-on' });
    await free.send([{ fingerprint: 'a1' }]);
    await free.untilPhase('succeeded');
    expect(free.effects).toEqual(['scaled web to 3', 'scaled web to 4']);
    const rig = rigWithAffected({ step: 'more', remediation: 'scale-on' });
    rig.protection.targets.push(db);
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilEnded();
    expect(rig.effects[0]).toBe('scaled web to 3');
    expect(rig.effects).not.toContain('scaled web to 4');
  });

  it('is not locked', async () => {
    const rig = rigWithAffected();
    await rig.ledger.acquire({
      run: 'other',
      fence: 1,
      claims: [{ kind: 'lock', key: ledgerKeys.lock(targetOf('db')), lease: 3_600_000 }],
    });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('succeeded');
    expect(rig.effects).toEqual(['scaled web to 4']);
  });
});
