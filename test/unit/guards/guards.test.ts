import { describe, expect, it } from 'vitest';
import { approval } from '../../../src/guards/approval.ts';
import { attempts } from '../../../src/guards/attempts.ts';
import { guards } from '../../../src/guards/catalogue.ts';
import { cooldown } from '../../../src/guards/cooldown.ts';
import type { GuardContext } from '../../../src/guards/guard.ts';
import { holdWhile } from '../../../src/guards/hold-while.ts';
import { paused } from '../../../src/guards/paused.ts';
import { protectedTarget } from '../../../src/guards/protected-target.ts';
import { rate } from '../../../src/guards/rate.ts';
import { stillFiring } from '../../../src/guards/still-firing.ts';
import { targetLock } from '../../../src/guards/target-lock.ts';
import { parseRate } from '../../../src/value/rate.ts';
import { firing, runOf } from '../../contract/store/records.ts';
import type { Target } from '../../../src/value/target.ts';
import { contextOf, evidence, incidentOf, now, target, web } from './guard-context.ts';

const settings = contextOf().settings;
const minute = 60_000;

function rateOf(text: string) {
  const parsed = parseRate(text);
  if (parsed === undefined) throw new Error(`${text} is no rate`);
  return parsed;
}

describe('the catalogue', () => {
  it('asks the ledger last', () => {
    const asked = guards.map(({ asks }) => (asks === 'ledger' ? 1 : 0));
    expect(asked).toEqual(asked.toSorted((a, b) => a - b));
  });

  it('has one way to answer for each guard, by where it is asked', () => {
    for (const { asks, evaluate, claims, name } of guards) {
      expect([name, evaluate === undefined, claims === undefined]).toEqual([name, asks === 'ledger', asks !== 'ledger']);
    }
  });

  it('leaves no mandatory guard to the rules', () => {
    expect(guards.filter(({ tier }) => tier === 'mandatory').map(({ name }) => name)).toEqual([
      'paused',
      'protectedTarget',
      'siblings',
      'approval',
      'stillFiring',
      'alertStorm',
      'targetLock',
    ]);
  });
});

describe('paused', () => {
  const pause = { id: 'p1', scope: { kind: 'global' as const }, reason: 'hands off', by: 'ann', at: now };

  it('allows where no pause covers the run', async () => {
    expect(await paused.evaluate?.(contextOf({ pauses: [{ ...pause, scope: { kind: 'rule', name: 'other' } }] }))).toMatchObject({
      decision: 'allow',
    });
  });

  it('defers until its end, by whom and why', async () => {
    const answer = await paused.evaluate?.(contextOf({ pauses: [{ ...pause, until: now + minute }] }));
    expect(answer).toEqual({ decision: 'defer', reason: 'paused by ann (everything): hands off', until: now + minute });
  });

  it('is over at its end', async () => {
    expect(await paused.evaluate?.(contextOf({ pauses: [{ ...pause, until: now }] }))).toMatchObject({ decision: 'allow' });
  });

  it('covers a run by any one of its targets', async () => {
    const targets = [target('redis/cache'), web];
    const answer = await paused.evaluate?.(contextOf({ targets, pauses: [{ ...pause, scope: { kind: 'namespace', name: 'shop' } }] }));
    expect(answer).toMatchObject({ decision: 'defer' });
  });
});

describe('protectedTarget', () => {
  it.each([
    ['kubernetes/default/shop/deployment.apps/web', true],
    ['kubernetes/*/shop/*/web', true],
    ['kubernetes/default/shop/deployment.apps/w*b', true],
    ['kubernetes/default/shop/*', false],
    ['kubernetes/default/shop/deployment.apps/we', false],
    ['kubernetes/default/shop/deployment.apps/*web*web', false],
    ['*', false],
  ])('pattern %s covers the target: %s', async (pattern, isCovered) => {
    const answer = await protectedTarget.evaluate?.(contextOf({ protection: { targets: [pattern], namespaces: [] } }));
    expect(answer?.decision).toBe(isCovered ? 'deny' : 'allow');
    if (isCovered) expect(answer?.reason).toContain(pattern);
  });

  it('denies a protected namespace, and one that is not the source’s', async () => {
    const byName = await protectedTarget.evaluate?.(contextOf({ protection: { targets: [], namespaces: ['shop'] } }));
    const bySource = await protectedTarget.evaluate?.(contextOf({ protection: { targets: [], namespaces: [], sourceNamespaces: [] } }));
    expect([byName, bySource]).toEqual([
      { decision: 'deny', reason: 'namespace shop is protected' },
      { decision: 'deny', reason: 'source main may not touch namespace shop, only none' },
    ]);
  });

  it.each([
    [undefined, 'allow'],
    [['shop'], 'deny'],
    [['shop', '-'], 'allow'],
  ])('with a source limited to %s, a node: %s', async (sourceNamespaces, decision) => {
    const node: Target = { technology: 'kubernetes', cluster: 'default', kind: 'node', name: 'n1' };
    const limits = sourceNamespaces === undefined ? {} : { sourceNamespaces };
    const protection = { targets: [], namespaces: [], ...limits };
    const answer = await protectedTarget.evaluate?.(contextOf({ targets: [node], protection }));
    expect(answer?.decision).toBe(decision);
    if (decision === 'deny')
      expect(answer?.reason).toBe(
        'source main may touch namespaces only, and kubernetes/default/-/node/n1 is in none; `-` among its namespaces would let it',
      );
  });
});

describe('approval', () => {
  const asked = { askedAt: now, expiresAt: now + minute, plan: 'x' };

  it.each([
    ['auto', undefined, 'allow'],
    ['approve', undefined, 'needs-approval'],
    ['approve', true, 'allow'],
    ['approve', false, 'deny'],
    ['plan', true, 'deny'],
    ['observe', true, 'deny'],
  ] as const)('in mode %s with the answer %s: %s', async (mode, approved, decision) => {
    const answer = approved === undefined ? {} : { answer: { approved, by: 'ann', reason: 'fine', at: now - 1000 } };
    const given = await approval.evaluate?.(contextOf({ mode, run: runOf('r', { approval: { ...asked, ...answer } }) }));
    expect([given?.decision, given?.reason === '']).toEqual([decision, false]);
  });
});

describe('stillFiring', () => {
  const ask = async (given: Partial<GuardContext>) => await stillFiring.evaluate?.(contextOf(given));

  it.each([
    [{ standing: 'firing' as const }, 'allow'],
    [{ standing: 'absent' as const }, 'supersede'],
    [{ standing: 'suppressed' as const, by: 'silence 7' }, 'supersede'],
  ])('takes the source’s word: %o', async (standing, decision) => {
    expect((await ask({ evidence: evidence({ standing }) }))?.decision).toBe(decision);
  });

  it('supersedes an incident none of whose members fires, without asking', async () => {
    expect(await ask({ incident: incidentOf({ firing: 0 }), evidence: evidence() })).toMatchObject({ decision: 'supersede' });
  });

  it('rejects when the source does not answer, so that the engine denies', async () => {
    await expect(ask({ evidence: evidence() })).rejects.toThrow('connection refused');
  });

  it('denies what was received too long ago', async () => {
    expect(await ask({ settings: { ...settings, maxAge: minute }, seenAt: now - minute - 1 })).toMatchObject({ decision: 'deny' });
    expect(await ask({ settings: { ...settings, maxAge: minute }, seenAt: now - minute })).toMatchObject({ decision: 'allow' });
  });

  it('goes on for the other alerts of the incident when the one that opened it is gone', async () => {
    const members = ['a1', 'a2'].map((fingerprint) => ({ alert: firing(fingerprint), seenAt: now }));
    const incident = incidentOf({ members, firing: 2 });
    const gone = { standing: { standing: 'absent' } } as const;
    expect(await ask({ incident, evidence: evidence({ ...gone, alerts: [firing('a2')] }) })).toMatchObject({ decision: 'allow' });
    expect(await ask({ incident, evidence: evidence({ ...gone, alerts: [firing('b9')] }) })).toMatchObject({ decision: 'supersede' });
    const byPrometheus = evidence({ kind: 'prometheus', ...gone, alerts: [firing('a2')] });
    expect(await ask({ incident, evidence: byPrometheus })).toMatchObject({ decision: 'allow' });
    const silenced = evidence({ ...gone, alerts: [firing('a2')], suppressed: ['a2'] });
    expect(await ask({ incident, evidence: silenced })).toMatchObject({ decision: 'supersede' });
    await expect(ask({ incident, evidence: evidence(gone) })).rejects.toThrow('connection refused');
  });

  it('goes on for one other alert where the end of the opener has been told', async () => {
    const members = [
      { alert: firing('a1'), seenAt: now, endedAt: now },
      { alert: firing('a2'), seenAt: now },
      { alert: firing('a3'), seenAt: now, endedAt: now },
    ];
    const gone = { standing: { standing: 'absent' } } as const;
    const incident = incidentOf({ members, firing: 1 });
    expect(await ask({ incident, evidence: evidence({ ...gone, alerts: [firing('a2')] }) })).toMatchObject({ decision: 'allow' });
    expect(await ask({ incident, evidence: evidence({ ...gone, alerts: [firing('a3')] }) })).toMatchObject({ decision: 'supersede' });
  });

  it('takes a receipt for a first attempt only, and never a replay', async () => {
    const receipt = evidence({ kind: 'receipt' });
    expect(await ask({ evidence: receipt })).toMatchObject({ decision: 'allow' });
    expect(await ask({ evidence: receipt, seenAt: now - 14 * 60_000 })).toMatchObject({ decision: 'allow' });
    expect(await ask({ evidence: receipt, seenAt: now - 16 * 60_000 })).toMatchObject({
      decision: 'deny',
      reason: expect.stringContaining('too long'),
    });
    expect(await ask({ evidence: receipt, run: runOf('r', { attempt: 2 }) })).toMatchObject({ decision: 'deny' });
    expect(await ask({ evidence: receipt, run: runOf('r', { replayOf: 'n1' }) })).toMatchObject({ decision: 'deny' });
  });
});

describe('holdWhile', () => {
  const hold = (scope: 'namespace' | 'source' | 'any') => ({
    ...settings,
    holdWhile: [{ matchers: ['alertname="DatabaseDown"'], scope, warnAfter: 60 * minute }],
  });
  const down = (namespace: string, source = 'main') => firing('d1', { source, labels: { alertname: 'DatabaseDown', namespace } });

  it.each([
    ['namespace', down('shop'), 'defer'],
    ['namespace', down('bank'), 'allow'],
    ['source', down('bank'), 'defer'],
    ['source', down('shop', 'other'), 'allow'],
    ['any', down('bank', 'other'), 'defer'],
  ] as const)('in scope %s', async (scope, alert, decision) => {
    const answer = await holdWhile.evaluate?.(contextOf({ settings: hold(scope), evidence: evidence({ alerts: [alert] }) }));
    expect(answer?.decision).toBe(decision);
    if (decision === 'defer') expect(answer?.reason).toBe('DatabaseDown fires (holdWhile alertname="DatabaseDown")');
  });

  it('does not hold for the alert itself', async () => {
    const alert = down('shop');
    const answer = await holdWhile.evaluate?.(contextOf({ alert, settings: hold('namespace'), evidence: evidence({ alerts: [alert] }) }));
    expect(answer?.decision).toBe('allow');
  });

  it('rejects when the source does not answer, so that the engine denies', async () => {
    await expect(holdWhile.evaluate?.(contextOf({ settings: hold('namespace'), evidence: evidence() }))).rejects.toThrow(
      'connection refused',
    );
  });

  it('asks nobody where the rule holds for nothing', async () => {
    expect(await holdWhile.evaluate?.(contextOf({ evidence: evidence() }))).toMatchObject({ decision: 'allow' });
  });
});

describe('what the guards of the ledger ask for', () => {
  it('cooldown: the rule’s own where it has one, and each target’s', async () => {
    const rule = { kind: 'cooldown', key: 'cooldown/rule/slow/kubernetes/default/shop/deployment.apps/web' };
    const own = { kind: 'cooldown', key: 'cooldown/kubernetes/default/shop/deployment.apps/web' };
    expect(await cooldown.claims?.(contextOf())).toEqual([own]);
    expect(await cooldown.claims?.(contextOf({ settings: { ...settings, cooldown: minute } }))).toEqual([rule, own]);
  });

  it('attempts: of the incident, where they are limited', async () => {
    expect(await attempts.claims?.(contextOf())).toEqual([]);
    expect(await attempts.claims?.(contextOf({ settings: { ...settings, attempts: 2 } }))).toEqual([
      { kind: 'attempts', key: 'attempts/inc1', max: 2 },
    ]);
  });

  it('rate: every scope and every window, global ones for each effect', async () => {
    const hourly = rateOf('3/1h');
    const daily = rateOf('7/1d');
    const claims = await rate.claims?.(
      contextOf({ settings: { ...settings, rate: { rule: [hourly, daily], target: [hourly], namespace: [hourly], global: [hourly] } } }),
    );
    expect(claims?.map(({ key }) => key)).toEqual([
      'rate/rule/slow/3600000',
      'rate/rule/slow/86400000',
      'rate/target/kubernetes/default/shop/deployment.apps/web/3600000',
      'rate/namespace/shop/3600000',
      'rate/global/all/3600000',
    ]);
    expect(claims?.map((claim) => claim.kind === 'rate' && claim.perEffect !== undefined)).toEqual([false, false, false, false, true]);
  });

  it('rate: each step that changes something counts globally, also of one target and of every rung', async () => {
    const limited = { ...settings, rate: { ...settings.rate, global: [rateOf('3/1h')] } };
    const ask = async (given: Partial<GuardContext>) =>
      (await rate.claims?.(contextOf({ settings: limited, ...given })))?.map((claim) => claim.kind === 'rate' && claim.perEffect);
    expect(await ask({ effects: ['set', 'restart'] })).toEqual(['inc1-1/0/set', 'inc1-1/0/restart']);
    expect(await ask({ effects: ['drain'], targets: [web, target('redis/cache')] })).toEqual(['inc1-1/0/drain']);
    expect(await ask({ effects: ['set'], run: { ...contextOf().run, rung: 1 } })).toEqual(['inc1-1/1/set']);
  });

  it('targetLock: all targets, in one order for everyone', async () => {
    const targets = [web, target('redis/cache'), target('kubernetes/default/shop/deployment.apps/api')];
    const keys = async (given: typeof targets) => (await targetLock.claims?.(contextOf({ targets: given })))?.map(({ key }) => key);
    expect(await keys(targets)).toEqual(await keys(targets.toReversed()));
    expect((await keys(targets))?.length).toBe(3);
  });
});
