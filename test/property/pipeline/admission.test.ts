import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Guard } from '../../../src/guards/guard.ts';
import { admit, type Admission } from '../../../src/pipeline/admission.ts';
import type { Decision } from '../../../src/run/run.ts';
import { parseTarget } from '../../../src/value/target.ts';
import { incidentOf } from '../../unit/guards/guard-context.ts';
import { runOf } from '../../contract/store/records.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

/** What a made-up guard does. `lock 0` to `lock 3` are claims, of which even ones are held by another run. */
type Deed = Decision['decision'] | 'throws' | 'lock 0' | 'lock 1' | 'lock 2' | 'lock 3' | 'nothing to ask';

const deed = fc.constantFrom<Deed>(
  'allow',
  'deny',
  'defer',
  'supersede',
  'needs-approval',
  'throws',
  'lock 0',
  'lock 1',
  'lock 2',
  'lock 3',
  'nothing to ask',
);
const guard = fc.record({ deed, asks: fc.constantFrom('inside' as const, 'outside' as const) });
type MadeUp = { readonly deed: Deed; readonly asks: 'inside' | 'outside' };

function guardOf({ deed: does, asks }: MadeUp, index: number): Guard {
  const about = { name: `guard${index}`, summary: does, tier: 'mandatory' as const };
  if (does === 'nothing to ask') return { ...about, asks: 'ledger', claims: () => [] };
  if (does.startsWith('lock')) return { ...about, asks: 'ledger', claims: () => [{ kind: 'lock', key: does, lease: 1000 }] };
  if (does === 'throws') return { ...about, asks, evaluate: () => Promise.reject(new Error('broken')) };
  return { ...about, asks, evaluate: () => ({ decision: does as Decision['decision'], reason: 'because' }) };
}

const refuses = (made: readonly MadeUp[]) => made.some(({ deed: does }) => !['allow', 'nothing to ask', 'lock 1', 'lock 3'].includes(does));

async function admissionOf(made: readonly MadeUp[]): Promise<Admission> {
  const rig = new PipelineRig({ engine: { guards: made.map(guardOf) } });
  const held = ['lock 0', 'lock 2'].map((key) => ({ kind: 'lock' as const, key, lease: 1_000_000 }));
  await rig.ledger.acquire({ run: 'other', fence: 1, claims: held });
  const [rule] = rig.engine.rulebook().rules;
  const target = parseTarget('kubernetes/default/shop/deployment.apps/web');
  if (rule === undefined || target === undefined) throw new Error('the rig has one rule');
  return await admit(rig.engine, {
    run: runOf('inc1-1'),
    incident: incidentOf(),
    rule,
    targets: [target],
    affected: [],
    effects: ['scale'],
    mode: 'auto',
    fence: 2,
    now: rig.clock.now(),
    signal: new AbortController().signal,
    kind: 'acquire',
  });
}

describe('admission', () => {
  it('is given exactly when every guard allows, and each decision has a reason', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(guard, { maxLength: 8 }), async (made) => {
        const { refusal, decisions } = await admissionOf(made);
        expect(refusal !== undefined).toBe(refuses(made));
        expect(decisions.every(({ reason }) => reason !== '')).toBe(true);
        if (refusal !== undefined) expect(refusal.decision).not.toBe('allow');
        else expect(decisions.length).toBe(made.length);
        // Nobody is said to have allowed what was not asked of them.
        expect(decisions.findIndex(({ decision }) => decision !== 'allow')).toBe(refusal === undefined ? -1 : decisions.length - 1);
      }),
      { numRuns: 200 },
    );
  });

  it('that was refused stays refused whatever guard is added', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(guard, { minLength: 1, maxLength: 6 }), guard, fc.nat(6), async (made, added, place) => {
        fc.pre((await admissionOf(made)).refusal !== undefined);
        const { refusal } = await admissionOf(made.toSpliced(place, 0, added));
        expect(refusal).toBeDefined();
      }),
      { numRuns: 200 },
    );
  });
});
