import { describe, expect, it } from 'vitest';
import { guards } from '../../../src/guards/catalogue.ts';
import type { Guard } from '../../../src/guards/guard.ts';
import { admit, type Admission, type AdmissionRequest } from '../../../src/pipeline/admission.ts';
import { runOf } from '../../contract/store/records.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { ledgerSituations } from '../../support/pipeline/ledger-situations.ts';
import { subject, targetOf, type Situation } from '../../support/pipeline/situation.ts';
import { situations as otherSituations } from '../../support/pipeline/situations.ts';

const situations = [...otherSituations, ...ledgerSituations];

async function admission(situation: Situation, asked: readonly Guard[], kind: AdmissionRequest['kind'] = 'acquire'): Promise<Admission> {
  const rule = slowRule({
    guards: situation.guards ?? '{}',
    mode: situation.mode ?? 'auto',
    more: "values: { ready: { promql: 'count(up == 1)' } }",
  });
  const rig = new PipelineRig({ ...situation.rig, rules: rulesFile(rule), engine: { ...situation.rig?.engine, guards: asked } });
  rig.sources.note([{ fingerprint: 'a1' }]);
  await situation.prepare?.(rig);
  const [compiled] = rig.engine.rulebook().rules;
  if (compiled === undefined) throw new Error('there is one rule');
  const now = rig.clock.now();
  const alert = { source: 'main', fingerprint: 'a1', labels: { alertname: 'Slow' }, annotations: {}, startsAt: now };
  return await admit(rig.engine, {
    run: runOf('inc1-1', { subject, alert, createdAt: now, ...situation.run }),
    incident: undefined,
    rule: compiled,
    targets: [targetOf('web')],
    affected: [],
    effects: ['scale'],
    mode: compiled.mode,
    fence: 2,
    now,
    signal: new AbortController().signal,
    kind,
  });
}

describe('the table of situations', () => {
  it('has one for every answer that a guard says it gives', () => {
    const told = guards.flatMap(({ name, outcomes }) => Object.keys(outcomes).map((decision) => `${name}: ${decision}`));
    const shown = new Set(situations.map(({ guard, decision }) => `${guard}: ${decision}`));
    expect([...shown].toSorted()).toEqual(told.toSorted());
  });

  it('admits where nothing stands in the way', async () => {
    const free = { what: 'nothing', guard: '', decision: 'deny', because: '' } as const;
    const { refusal, decisions } = await admission(free, guards);
    expect(refusal).toBeUndefined();
    expect(decisions.map(({ guard }) => guard)).toEqual(guards.map(({ name }) => name));
  });
});

describe.each(situations)('$what', (situation) => {
  it(`is answered by ${situation.guard}: ${situation.decision}`, async () => {
    const { refusal } = await admission(situation, guards);
    expect([refusal?.guard, refusal?.decision]).toEqual([situation.guard, situation.decision]);
    expect(refusal?.reason).toContain(situation.because);
  });

  it(`would be let through without ${situation.guard}`, async () => {
    const { refusal } = await admission(
      situation,
      guards.filter(({ name }) => name !== situation.guard),
    );
    expect(refusal).toBeUndefined();
  });

  it('is explained with the answer of every guard and what each judged by', async () => {
    const { decisions } = await admission(situation, guards, 'explain');
    expect(decisions.map(({ guard }) => guard)).toEqual(guards.map(({ name }) => name));
    const refusing = decisions.filter(({ decision }) => decision !== 'allow');
    expect(refusing.map(({ guard, decision }) => [guard, decision])).toContainEqual([situation.guard, situation.decision]);
    expect(decisions.every(({ inputs }) => inputs !== undefined)).toBe(true);
  });
});
