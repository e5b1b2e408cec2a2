import { describe, expect, it } from 'vitest';
import { guards } from '../../../src/guards/catalogue.ts';
import type { Guard } from '../../../src/guards/guard.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

const rules = rulesFile(slowRule({ guards: '{ cooldown: 5m, rate: 4/1h, attempts: 2, holdWhile: [\'alertname="DatabaseDown"\'] }' }));
const asking = guards.filter(({ asks, unanswered }) => asks !== 'ledger' && unanswered === undefined).map(({ name }) => name);
const holding = guards.filter(({ unanswered }) => unanswered === 'defer').map(({ name }) => name);
const claiming = guards.filter(({ asks }) => asks === 'ledger').map(({ name }) => name);

/** The catalogue with one guard changed. */
function withGuard(name: string, change: Partial<Guard>): { rules: string; engine: { guards: readonly Guard[] } } {
  return { rules, engine: { guards: guards.map((guard) => (guard.name === name ? { ...guard, ...change } : guard)) } };
}

async function denialOf(rig: PipelineRig): Promise<unknown[]> {
  await rig.send([{ fingerprint: 'a1' }]);
  const run = await rig.untilEnded();
  return [run.phase, run.reason, rig.effects, run.charged, rig.paged.length];
}

describe('a guard that cannot answer denies by its name, and a person is called', () => {
  it.each(asking)('%s throws', async (name) => {
    const rig = new PipelineRig(withGuard(name, { evaluate: () => Promise.reject(new Error('broken')) }));
    expect(await denialOf(rig)).toEqual(['denied', `${name}: could not be answered: broken`, [], false, 1]);
  });

  it.each(asking)('%s throws at once', async (name) => {
    const evaluate = () => {
      throw new Error('broken');
    };
    const rig = new PipelineRig(withGuard(name, { evaluate }));
    expect((await denialOf(rig)).slice(0, 3)).toEqual(['denied', `${name}: could not be answered: broken`, []]);
  });

  it.each(asking)('%s hangs', async (name) => {
    const rig = new PipelineRig(withGuard(name, { evaluate: () => new Promise(() => {}) }));
    const reason = `${name}: could not be answered: guard ${name} did not answer within 5s`;
    expect((await denialOf(rig)).slice(0, 3)).toEqual(['denied', reason, []]);
  });

  it.each(claiming)('%s does not find out what to ask of the ledger', async (name) => {
    const rig = new PipelineRig(withGuard(name, { claims: () => new Promise(() => {}) }));
    const reason = `${name}: could not be answered: guard ${name} did not answer within 5s`;
    expect((await denialOf(rig)).slice(0, 3)).toEqual(['denied', reason, []]);
  });

  it.each(claiming)('%s does not know what to ask of the ledger', async (name) => {
    const claims = () => {
      throw new Error('broken');
    };
    const rig = new PipelineRig(withGuard(name, { claims }));
    expect((await denialOf(rig)).slice(0, 3)).toEqual(['denied', `${name}: could not be answered: broken`, []]);
  });

  it('the ledger throws', async () => {
    const rig = new PipelineRig({ rules });
    rig.ledger.acquire = () => Promise.reject(new Error('broken'));
    expect((await denialOf(rig)).slice(0, 3)).toEqual(['denied', 'cooldown: could not be answered: broken', []]);
  });

  it('the ledger hangs', async () => {
    const rig = new PipelineRig({ rules });
    rig.ledger.acquire = () => new Promise(() => {});
    expect((await denialOf(rig)).slice(0, 3)).toEqual([
      'denied',
      'cooldown: could not be answered: the ledger did not answer within 5s',
      [],
    ]);
  });

  it('the ledger refuses something else than what was asked', async () => {
    const rig = new PipelineRig({ rules });
    const claim = { kind: 'cooldown' as const, key: 'another' };
    rig.ledger.acquire = () =>
      Promise.resolve({ outcome: 'refused', time: rig.clock.now(), claim, refusal: 'cooldown', reason: 'another is cooling down' });
    expect((await denialOf(rig)).slice(0, 3)).toEqual([
      'denied',
      'cooldown: the ledger refused what it was not asked for: another is cooling down',
      [],
    ]);
  });

  it('has neither an answer nor a claim', async () => {
    const silent: Guard = { name: 'silent', summary: 'Says nothing.', tier: 'mandatory', asks: 'inside' };
    const rig = new PipelineRig({ rules, engine: { guards: [...guards, silent] } });
    expect((await denialOf(rig)).slice(0, 3)).toEqual(['denied', 'silent: guard silent has no answer', []]);
  });

  it.each(holding)('%s, which waits for something, waits for an answer', async (name) => {
    let isBroken = true;
    const before = guards.find((guard) => guard.name === name)?.evaluate;
    const evaluate: Guard['evaluate'] = (context) => {
      if (isBroken) throw new Error('broken');
      return before?.(context) ?? { decision: 'deny', reason: 'no such guard' };
    };
    const rig = new PipelineRig(withGuard(name, { evaluate }));
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(600_000);
    expect(await rig.newest()).toMatchObject({ phase: 'waiting', reason: `${name}: could not be answered: broken` });
    expect(rig.effects).toEqual([]);
    isBroken = false;
    expect((await rig.untilEnded()).phase).toBe('succeeded');

    const hung = new PipelineRig(withGuard(name, { evaluate: () => new Promise(() => {}) }));
    await hung.send([{ fingerprint: 'a1' }]);
    await hung.clock.advance(60_000);
    const reason = `${name}: could not be answered: guard ${name} did not answer within 5s`;
    expect([(await hung.newest()).phase, (await hung.newest()).reason, hung.effects]).toEqual(['waiting', reason, []]);
  });

  it('its store of pauses cannot be reached: nothing happens until it can', async () => {
    const rig = new PipelineRig({ rules });
    const pauses = rig.store.pauses.bind(rig.store);
    const { FixpointError } = await import('../../../src/errors.ts');
    rig.store.pauses = () => Promise.reject(new FixpointError('store.unavailable', 'Redis does not answer'));
    await rig.send([{ fingerprint: 'a1' }]);
    await rig.clock.advance(60_000);
    expect([(await rig.newest()).phase, rig.effects]).toEqual(['queued', []]);
    rig.store.pauses = pauses;
    expect([(await rig.untilEnded()).phase, rig.effects]).toEqual(['succeeded', ['scaled web to 4']]);
  });
});
