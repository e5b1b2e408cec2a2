import { describe, expect, it } from 'vitest';
import { campaign, type Outcome } from './campaign.ts';
import { report } from './report.ts';

/** A seed whose first rounds have a bit of everything; `npm run chaos -- --seed` tries others. */
const seed = 12;

function told(outcome: Outcome): string {
  return report(outcome, seed).lines.join('\n');
}

describe('chaos', () => {
  it('breaks no invariant in a few rounds', async () => {
    const outcome = await campaign({ seed, rounds: 12, seconds: 30, sabotage: 'none' });
    expect(outcome.violations, told(outcome)).toEqual([]);
    expect(outcome.rounds, told(outcome)).toBeGreaterThanOrEqual(5);
    expect(outcome.kills, told(outcome)).toBeGreaterThanOrEqual(outcome.rounds);
    expect(outcome.runs.length, told(outcome)).toBeGreaterThanOrEqual(5);
    expect(outcome.effects, told(outcome)).toBeGreaterThanOrEqual(3);
  });

  it('notices when an effect comes before its intent', async () => {
    const outcome = await campaign({ seed, rounds: 12, seconds: 30, sabotage: 'no-intent' });
    expect(outcome.violations.map(({ invariant }) => invariant)).toContain('I5');
  });
});
