import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { silenceMatchers } from '../../../src/actions/alertmanager/matchers.ts';
import { FakeAlertmanager } from '../../support/actions/fake-alertmanager.ts';
import { wasKilled } from '../../support/actions/was-killed.ts';
import { applyOf, contextOf, planOf } from '../../support/actions/world.ts';

const word = fc.stringMatching(/^[a-z"\\ =~,]{1,8}$/);
const matcher = fc
  .tuple(fc.constantFrom('alertname', 'namespace', 'pod'), fc.constantFrom('=', '!=', '=~', '!~'), word)
  .map(([name, operator, value]) => {
    const quoted = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
    return `${name}${operator}"${operator.includes('~') ? quoted.replaceAll(/[^a-z]/g, '') : quoted}"`;
  });
const matchers = fc.array(matcher, { maxLength: 3 }).map((more) => ['alertname="High"', ...more]);
const crash = fc.record({ request: fc.integer({ min: 1, max: 2 }), when: fc.constantFrom('before' as const, 'after' as const) });

describe('alertmanager.silence', () => {
  it('killed around any request and applied again is one silence, and its inverse ends it', async () => {
    let deaths = 0;
    const killed = fc.asyncProperty(matchers, crash, async (texts, dies) => {
      const alertmanager = new FakeAlertmanager();
      const others = [
        { id: 'other alerts', matchers: [], endsAt: 9e15, comment: 'by a step (run run-0, 0123456789abcdef)' },
        { id: 'a rule', matchers: silenceMatchers(texts), endsAt: 9e15, comment: 'Fixpoint run run-1 of rule high acts on this; …' },
      ];
      alertmanager.silences.push(...others);
      const context = contextOf({ alertmanager });
      const params = { matchers: texts, for: '1h' };
      const plan = await planOf('alertmanager.silence', params, context);
      alertmanager.mortal.crash = { ...dies, request: alertmanager.mortal.requests + dies.request };
      if (await wasKilled(applyOf('alertmanager.silence', plan.intent, context))) deaths += 1;
      alertmanager.mortal.crash = undefined;
      await applyOf('alertmanager.silence', plan.intent, context);
      expect(alertmanager.made).toBe(1);
      expect((await planOf('alertmanager.silence', params, context)).changes).toEqual([]);
      const back = await planOf('alertmanager.expireSilence', plan.inverse?.with ?? null, context);
      expect(back.changes).toEqual(plan.changes.map(({ what, from, to }) => ({ what, from: to, to: from })));
      await applyOf('alertmanager.expireSilence', back.intent, context);
      await applyOf('alertmanager.expireSilence', back.intent, context);
      expect(alertmanager.silences).toEqual(others);
    });
    await fc.assert(killed, { numRuns: 200 });
    expect(deaths).toBe(200);
  });
});
