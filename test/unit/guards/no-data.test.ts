import { describe, expect, it } from 'vitest';
import { FixpointError, type ErrorCode } from '../../../src/errors.ts';
import { blastRadius } from '../../../src/guards/blast-radius.ts';
import { protectedTarget } from '../../../src/guards/protected-target.ts';
import { requires } from '../../../src/guards/requires.ts';
import { contextOf } from './guard-context.ts';

describe('protectedTarget', () => {
  const ask = async (code: ErrorCode) => {
    const kubernetes = { ...contextOf().kubernetes, get: () => Promise.reject(new FixpointError(code, 'no')) };
    return await protectedTarget.evaluate?.(contextOf({ kubernetes }));
  };

  it.each(['kubernetes.unavailable', 'kubernetes.forbidden', 'timeout'] as const)('rejects what cannot be asked: %s', async (code) => {
    await expect(ask(code)).rejects.toMatchObject({ code });
  });

  it('takes what does not exist for silent', async () => {
    expect(await ask('kubernetes.not-found')).toMatchObject({ decision: 'allow' });
  });
});

describe('requires', () => {
  it.each([
    [[1, 2], 'allow'],
    [[], 'defer'],
    [[1, 0], 'defer'],
    [[1, Number.NaN], 'defer'],
    [[Number.POSITIVE_INFINITY], 'defer'],
  ])('a query that answers %j: %s', async (values, decision) => {
    const context = contextOf();
    const settings = { ...context.settings, requires: [{ kind: 'promql' as const, text: 'up', render: () => 'up' }] };
    const query = () => Promise.resolve(values.map((value) => ({ labels: {}, at: context.now, value })));
    expect(await requires.evaluate?.({ ...context, settings, prometheus: { query } })).toMatchObject({ decision });
  });
});

describe('requires of an object', () => {
  const ask = async (data: unknown, { isWanted = false, value = 'true' }: { isWanted?: boolean; value?: string } = {}) => {
    const context = contextOf();
    const object = { apiVersion: 'v1', kind: 'ConfigMap', cluster: 'default', namespace: 'shop', name: 'web' };
    const requirement = { kind: 'object' as const, text: 'the field', object, path: '/data/MAINTENANCE', value, isWanted };
    const get = () => (data instanceof Error ? Promise.reject(data) : Promise.resolve({ data } as never));
    const settings = { ...context.settings, requires: [requirement] };
    return await requires.evaluate?.({ ...context, settings, kubernetes: { ...context.kubernetes, get } });
  };

  it.each([
    [{ MAINTENANCE: 'false' }, 'allow'],
    [{}, 'allow'],
    [{ MAINTENANCE: 'true' }, 'defer'],
  ])('that must not be so: %j is %s', async (data, decision) => {
    expect(await ask(data)).toMatchObject({ decision });
  });

  it.each([
    [{ MAINTENANCE: 'true' }, 'allow'],
    [{ MAINTENANCE: 'TRUE' }, 'defer'],
    [{}, 'defer'],
  ])('that must be so: %j is %s', async (data, decision) => {
    expect(await ask(data, { isWanted: true })).toMatchObject({ decision });
  });

  it('says what it found, and holds where it cannot ask', async () => {
    expect(await ask({ MAINTENANCE: 'true' })).toEqual({ decision: 'defer', reason: 'requires the field: it is "true"' });
    await expect(ask(new FixpointError('kubernetes.not-found', 'no'))).rejects.toMatchObject({ code: 'kubernetes.not-found' });
    expect(requires.unanswered).toBe('defer');
  });
});

describe('blastRadius', () => {
  const fleet = { cluster: 'default', kind: 'Deployment' };
  const radius = { targets: 9, window: 1000, failures: 3, grows: false, fleet };
  const claims = async (size?: number) =>
    (await blastRadius.claims?.(
      contextOf({
        settings: { ...contextOf().settings, blastRadius: radius, blastLimit: { percent: 25, window: 1000 } },
        ...(size === undefined ? {} : { fleetSize: () => Promise.resolve(size) }),
      }),
    )) ?? [];

  it('counts per cent of the limit where the rule has none of its own', async () => {
    const spreads = (await claims(8)).filter(({ kind }) => kind === 'spread');
    expect(spreads.map((claim) => ('limit' in claim ? claim.limit.count : 0))).toEqual([9, 2]);
  });

  it('rejects a fleet that is empty, or that cannot be counted', async () => {
    await expect(claims(0)).rejects.toThrow('the fleet is empty');
    await expect(claims()).rejects.toThrow('connection refused');
  });
});
