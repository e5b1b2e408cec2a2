import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeService } from '../../support/actions/fake-http.ts';
import { wasKilled } from '../../support/actions/was-killed.ts';
import { applyOf, contextOf, planOf } from '../../support/actions/world.ts';

const value = fc.oneof(fc.string({ maxLength: 10 }), fc.integer(), fc.boolean());
const paramsTo = (to: string | number | boolean) => ({
  connection: 'app',
  method: 'POST',
  path: '/set',
  body: { to },
  unless: { path: '/state', pointer: '/state', equals: to },
});

describe('http.request', () => {
  it('is sent once, however often it is applied', async () => {
    const twice = fc.asyncProperty(value, value, async (from, to) => {
      const http = new FakeService(from);
      const context = contextOf({ http });
      const { intent, changes } = await planOf('http.request', paramsTo(to), context);
      for (let round = 0; round < 3; round++) await applyOf('http.request', intent, context);
      expect(http.state).toBe(to);
      expect(http.sets).toBe(from === to ? 0 : 1);
      expect(changes).toHaveLength(from === to ? 0 : 1);
    });
    await fc.assert(twice, { numRuns: 100 });
  });

  it('killed around any request and applied again has been done once', async () => {
    const crash = fc.record({ request: fc.integer({ min: 2, max: 3 }), when: fc.constantFrom('before' as const, 'after' as const) });
    let deaths = 0;
    const killed = fc.asyncProperty(value, value, crash, async (from, to, { request, when }) => {
      const http = new FakeService(from);
      const context = contextOf({ http });
      const { intent } = await planOf('http.request', paramsTo(to), context);
      http.crash = { request, when };
      if (await wasKilled(applyOf('http.request', intent, context))) deaths += 1;
      http.crash = undefined;
      await applyOf('http.request', intent, context);
      expect(http.state).toBe(to);
      expect(http.sets).toBeLessThanOrEqual(1);
    });
    await fc.assert(killed, { numRuns: 100 });
    expect(deaths).toBeGreaterThan(25);
  });

  it('is not sent where someone else has changed the state', async () => {
    const foreign = fc.asyncProperty(value, value, value, async (from, to, other) => {
      fc.pre(from !== to && other !== from && other !== to);
      const http = new FakeService(from);
      const context = contextOf({ http });
      const { intent } = await planOf('http.request', paramsTo(to), context);
      http.state = other;
      await expect(applyOf('http.request', intent, context)).rejects.toMatchObject({ code: 'target.changed' });
      expect(http.sets).toBe(0);
      expect(http.state).toBe(other);
    });
    await fc.assert(foreign, { numRuns: 100 });
  });
});
