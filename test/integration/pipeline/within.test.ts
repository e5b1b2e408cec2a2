import { describe, expect, it } from 'vitest';
import { actOnRun } from '../../../src/pipeline/act-on-run.ts';
import { replay } from '../../../src/pipeline/replay.ts';
import { undoByHand } from '../../../src/pipeline/undo-by-hand.ts';
import { assertRunWithin } from '../../../src/pipeline/within.ts';
import { codeOf, messageOf } from '../../../src/errors.ts';
import type { Run } from '../../../src/run/run.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';
import { aRun } from '../../unit/api/api-fixture.ts';

const web = 'kubernetes/default/shop/deployment.apps/web';

/** A run about a subject, with steps on targets, of an alert with labels. */
function runAbout(subject: string, targets: readonly (string | undefined)[], labels: Record<string, string> = {}): Run {
  const run = aRun({ subject });
  const [rung] = run.rungs;
  const [step] = rung?.steps ?? [];
  if (rung === undefined || step === undefined) throw new Error('the fixture has a step');
  const { target: _, ...bare } = step;
  const steps = targets.map((target) => ({ ...bare, ...(target === undefined ? {} : { target }) }));
  return { ...run, alert: { ...run.alert, labels }, rungs: [{ ...rung, steps }] };
}

function told(run: Run, within?: readonly string[]): string {
  try {
    assertRunWithin(run, { by: 'ann', ...(within === undefined ? {} : { within }) });
    return 'may';
  } catch (error) {
    return `${codeOf(error)}: ${messageOf(error)}`;
  }
}

describe('an operator of some namespaces', () => {
  it.each<[string, Run]>([
    ['subject and targets are in them', runAbout(web, [web])],
    ['all of several targets are', runAbout(web, [web, 'kubernetes/west/shop-eu/pod/web-1'])],
    ['the subject is, and nothing is planned yet', runAbout(web, [undefined])],
    ['targets are, where the subject is an alert', runAbout('source/abc', [web])],
    ['a step acts on its own run only', runAbout(web, [web, 'run/r1'])],
    ['the alert names one of them', runAbout(web, [web], { namespace: 'shop' })],
  ])('acts where %s', (_, run) => {
    expect(told(run, ['shop', 'shop-eu'])).toBe('may');
  });

  it.each<[string, Run, string]>([
    [
      'the subject is elsewhere',
      runAbout('kubernetes/default/bank/deployment.apps/web', [web]),
      'kubernetes/default/bank/deployment.apps/web',
    ],
    ['one target is elsewhere', runAbout(web, [web, 'kubernetes/default/bank/pod/x']), 'kubernetes/default/bank/pod/x'],
    ['a target is in no namespace', runAbout(web, [web, 'kubernetes/default/-/node/n1']), 'kubernetes/default/-/node/n1'],
    ['a target is a database', runAbout(web, ['redis/cache']), 'redis/cache'],
    ['the subject is a service', runAbout('http/shop:80', [web]), 'http/shop:80'],
    ['the alert names another', runAbout(web, [web], { namespace: 'bank' }), "its alert's namespace bank"],
    ['nothing is known yet', runAbout('source/abc', [undefined]), 'it is not known yet what run i1-1 acts on'],
    ['it acts on its own run only', runAbout('source/abc', ['run/r1']), 'it is not known yet'],
    ['names only begin alike', runAbout('kubernetes/default/shop-eu2/deployment.apps/web', []), 'shop-eu2'],
  ])('does not where %s', (_, run, why) => {
    expect(told(run, ['shop', 'shop-eu'])).toContain('auth.forbidden: ann is an operator of shop, shop-eu only; ');
    expect(told(run, ['shop', 'shop-eu'])).toContain(why);
    expect(told(run)).toBe('may');
  });
});

describe('what is asked of runs', () => {
  const source = () => ({ name: 'main', labelsFor: () => ({}) });
  const here = { by: 'ann', reason: 'r', within: ['default'] };
  const elsewhere = { by: 'bob', reason: 'r', within: ['bank'] };

  async function ended(): Promise<{ rig: PipelineRig; run: Run }> {
    const rig = new PipelineRig();
    await rig.send([{ fingerprint: 'a1' }]);
    return { rig, run: await rig.untilEnded() };
  }

  const namespaceOf = (run: Run) => run.subject.split('/')[2] ?? '';

  it.each(['approve', 'deny', 'cancel', 'acknowledge'] as const)('%s is only for those whose namespaces it is about', async (kind) => {
    const rig = new PipelineRig({ rules: rulesFile(slowRule({ mode: 'approve' })) });
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.untilPhase('awaiting-approval');
    const run = await rig.newest();
    await expect(actOnRun(rig.engine, run.id, { ...elsewhere, kind })).rejects.toMatchObject({ code: 'auth.forbidden' });
    await rig.clock.advance(5000);
    expect([(await rig.newest()).phase, rig.effects]).toEqual(['awaiting-approval', []]);
    await actOnRun(rig.engine, run.id, { ...here, within: [namespaceOf(run)], kind });
    await rig.clock.advance(5000);
    const journal = (await rig.store.journal('0', 1000)).map(({ data }) => data);
    expect(journal).toContainEqual(expect.objectContaining({ kind, by: 'ann' }));
    expect(journal.filter((data) => data['by'] === 'bob')).toEqual([]);
  });

  it('an undo is, too', async () => {
    const { rig, run } = await ended();
    await expect(undoByHand(rig.engine, run.id, elsewhere)).rejects.toMatchObject({ code: 'auth.forbidden' });
    expect((await rig.runs()).length).toBe(1);
    await undoByHand(rig.engine, run.id, { ...here, within: [namespaceOf(run)] });
  });

  it('a replay acts only where its run has, and messages are only planned', async () => {
    const { rig, run } = await ended();
    const within = [namespaceOf(run)];
    await expect(replay(rig.engine, source, { run: run.id, mode: 'real', ...elsewhere })).rejects.toMatchObject({ code: 'auth.forbidden' });
    const labels = { alertname: 'Slow', namespace: 'default', app: 'web' };
    const webhook = { version: '4', alerts: [{ status: 'firing', labels, annotations: {}, startsAt: '2026-01-01T00:00:00Z' }] } as never;
    await expect(replay(rig.engine, source, { webhook, mode: 'real', by: 'ann', within })).rejects.toMatchObject({
      code: 'auth.forbidden',
    });
    await expect(replay(rig.engine, source, { notification: 'n', mode: 'real', by: 'ann', within })).rejects.toMatchObject({
      code: 'auth.forbidden',
    });
    expect((await replay(rig.engine, source, { run: run.id, mode: 'plan', ...elsewhere })).runs).toHaveLength(1);
    expect((await replay(rig.engine, source, { run: run.id, mode: 'real', by: 'ann', within })).runs).toHaveLength(1);
  });
});
