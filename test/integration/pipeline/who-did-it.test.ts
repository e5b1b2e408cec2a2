import { expect, it } from 'vitest';
import { reloadByHand } from '../../../src/app/reload-by-hand.ts';
import { actOnRun } from '../../../src/pipeline/act-on-run.ts';
import { replay } from '../../../src/pipeline/replay.ts';
import { undoByHand } from '../../../src/pipeline/undo-by-hand.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

/** What the journal says that somebody did, and why. */
async function deedsOf(rig: PipelineRig, who: string): Promise<readonly string[]> {
  const entries = await rig.store.journal('0', 10_000);
  return entries
    .filter(({ data }) => data['by'] === who)
    .map(({ type, data }) => [type, data['kind'], data['reason']].filter((word) => typeof word === 'string').join(' '));
}

async function asked(): Promise<{ rig: PipelineRig; id: string }> {
  const rig = new PipelineRig({ rules: rulesFile(slowRule({ mode: 'approve' })) });
  await rig.send([{ fingerprint: 'a1' }]);
  await rig.untilPhase('awaiting-approval');
  return { rig, id: (await rig.newest()).id };
}

const wish = { by: 'ann', reason: 'as agreed' };

it.each([
  ['approve', 'approval-answered approve as agreed'],
  ['deny', 'approval-answered deny as agreed'],
  ['cancel', 'person-acted cancel as agreed'],
  ['acknowledge', 'person-acted acknowledge as agreed'],
] as const)('%s is journaled with who and why', async (kind, told) => {
  const { rig, id } = await asked();
  await actOnRun(rig.engine, id, { ...wish, kind });
  await rig.clock.advance(5000);
  expect(await deedsOf(rig, 'ann')).toContain(told);
});

it('undo and replay are journaled with who and why, on the runs they make', async () => {
  const rig = new PipelineRig();
  await rig.send([{ fingerprint: 'a1' }]);
  const { id } = await rig.untilEnded();
  const undo = await undoByHand(rig.engine, id, wish);
  expect(JSON.stringify(await rig.store.journalOf(undo))).toMatch(/"by":"ann"/);
  expect(await deedsOf(rig, 'ann')).toContain('undo-scheduled as agreed');
  const source = () => ({ name: 'main', labelsFor: () => ({}) });
  await replay(rig.engine, source, { run: id, mode: 'plan', ...wish });
  expect(await deedsOf(rig, 'ann')).toContain('person-acted replay as agreed');
});

it('pause, resume and reload are journaled with who; restoring is looked at in the lives of guards', async () => {
  const rig = new PipelineRig();
  await rig.store.addPause({ id: 'p1', scope: { kind: 'global' }, ...wish });
  await rig.store.removePause('p1', 'ann');
  await reloadByHand({ shelf: { load: () => ({ hash: 'h', rules: 1, problems: [] }) }, store: rig.store }, 'ann');
  expect(await deedsOf(rig, 'ann')).toEqual(['paused as agreed', 'resumed', 'person-acted reload']);
});
