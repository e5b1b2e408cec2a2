import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../../src/adapters/clock/manual-clock.ts';
import { memoryLedger } from '../../../src/adapters/memory/memory-ledger.ts';
import { blastRadius } from '../../../src/guards/blast-radius.ts';
import { failureBudget } from '../../../src/guards/failure-budget.ts';
import type { Guard } from '../../../src/guards/guard.ts';
import { effectiveSettings } from '../../../src/pipeline/effective-settings.ts';
import { noteOutcome } from '../../../src/pipeline/note-outcome.ts';
import type { CompiledRule } from '../../../src/rule/compiled-rule.ts';
import type { GuardSettings, Limits } from '../../../src/rule/guard-settings.ts';
import { runOf } from '../../contract/store/records.ts';
import { noGuards } from '../../support/no-guards.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';
import { contextOf, target } from '../../unit/guards/guard-context.ts';

const length = fc.constantFrom(1, 5, 20, 60).map((seconds) => seconds * 1000);
const rate = fc.record({ count: fc.integer({ min: 1, max: 6 }), window: length });
const fleet = { cluster: 'default', kind: 'Deployment', namespace: 'shop' };
const radius = fc.record({ targets: fc.integer({ min: 1, max: 9 }), window: length, failures: fc.constant(99), grows: fc.boolean() });
const percent = fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined });
const fleetSize = 8;

/** What a rule may say of the two guards: nothing, less than the limit, more than it, over longer or shorter times. */
const settings: fc.Arbitrary<GuardSettings> = fc
  .record({ budgets: fc.array(rate, { maxLength: 2 }), radius: fc.option(radius, { nil: undefined }), percent, hasFleet: fc.boolean() })
  .map(({ budgets, radius: given, percent: share, hasFleet }) => ({
    ...noGuards,
    failureBudget: budgets,
    ...(given === undefined
      ? {}
      : { blastRadius: { ...given, ...(hasFleet ? { fleet, ...(share === undefined ? {} : { percent: share }) } : { grows: false }) } }),
  }));
const waits = fc.array(fc.record({ by: fc.integer({ min: 0, max: 15_000 }), target: fc.integer({ min: 0, max: 9 }) }), {
  minLength: 1,
  maxLength: 30,
});

function ruleOf(guards: GuardSettings): CompiledRule {
  const [rule] = new PipelineRig().engine.rulebook().rules;
  if (rule === undefined) throw new Error('the rig has one rule');
  return { ...rule, guards };
}

/** The pipeline's own way of judging, on a ledger of its own. */
function judgeOf(limits: Limits, guards: GuardSettings) {
  const { engine } = new PipelineRig();
  const clock = manualClock();
  const ledger = memoryLedger(() => clock.now());
  const rule = ruleOf(guards);
  let made = 0;
  return {
    clock,
    engine: { ...engine, limits, ledger },
    rule,
    async ask(guard: Guard, index = 0) {
      const run = { ...runOf(`r${(made += 1)}`), rule: rule.name, mode: 'auto' as const, phase: 'planning' as const };
      const context = contextOf({
        run,
        mode: 'auto',
        settings: effectiveSettings(limits, rule, undefined),
        targets: [target(`kubernetes/default/shop/deployment.apps/app${index}`)],
        fleetSize: () => Promise.resolve(fleetSize),
      });
      const claims = (await guard.claims?.(context)) ?? [];
      return { run, answer: await ledger.acquire({ run: run.id, fence: 1, claims }) };
    },
  };
}

describe('limits', () => {
  it('of failures demote a rule whatever it says of its own', async () => {
    await fc.assert(
      fc.asyncProperty(settings, rate, waits, async (guards, limit, steps) => {
        const judge = judgeOf({ failureBudget: limit }, guards);
        const failures: number[] = [];
        let mustAsk = false;
        for (const { by } of steps) {
          await judge.clock.advance(by);
          const { run, answer } = await judge.ask(failureBudget);
          if (mustAsk) expect(answer.outcome).toBe('refused');
          await noteOutcome(judge.engine, { rule: judge.rule, run }, 'failed');
          failures.push(judge.clock.now());
          mustAsk ||= failures.filter((at) => at >= judge.clock.now() - limit.window).length >= limit.count;
        }
      }),
    );
  });

  it('of reach hold whatever a rule says of its own', async () => {
    const limit = fc.record({ targets: fc.integer({ min: 1, max: 6 }), percent, window: length });
    await fc.assert(
      fc.asyncProperty(settings, limit, waits, async (guards, { percent: share, ...rest }, steps) => {
        const most = { ...rest, ...(share === undefined ? {} : { percent: share }) };
        const judge = judgeOf({ blastRadius: most }, guards);
        const hasFleet = guards.blastRadius?.fleet !== undefined;
        const allowed =
          hasFleet && share !== undefined ? Math.min(most.targets, Math.max(1, Math.floor((fleetSize * share) / 100))) : most.targets;
        const reached: { at: number; target: number }[] = [];
        for (const { by, target: index } of steps) {
          await judge.clock.advance(by);
          const { run, answer } = await judge.ask(blastRadius, index);
          if (answer.outcome === 'granted') reached.push({ at: judge.clock.now(), target: index });
          const within = new Set(reached.filter(({ at }) => at >= judge.clock.now() - most.window).map((one) => one.target));
          expect(within.size).toBeLessThanOrEqual(allowed);
          await noteOutcome(judge.engine, { rule: judge.rule, run }, 'succeeded');
        }
      }),
    );
  });
});
