import { describe, expect, it } from 'vitest';
import { campaign, type Outcome } from './campaign.ts';
import { report } from './report.ts';

/** `npm run chaos -- --seed` tries others. */
const seed = 12;

/** Half a minute on an idle machine; other work can make it many times that. */
const timeout = 280_000;

function told(outcome: Outcome): string {
  return report(outcome, seed).lines.join('\n');
}

describe('chaos', () => {
  it('breaks no invariant in a few rounds', { timeout }, async () => {
    const outcome = await campaign({ seed, rounds: 8, seconds: 240, sabotage: 'none' });
    expect(outcome.violations, told(outcome)).toEqual([]);
    expect([outcome.rounds, outcome.kills >= 8, outcome.runs.length >= 8], told(outcome)).toEqual([8, true, true]);
    expect(report(outcome, seed).isGood, told(outcome)).toBe(true);
    expect(outcome.effects, told(outcome)).toBeGreaterThanOrEqual(3);
  });

  it('notices when an effect comes before its intent', { timeout }, async () => {
    const outcome = await campaign({ seed, rounds: 40, seconds: 240, sabotage: 'no-intent' });
    expect(outcome.violations.map(({ invariant }) => invariant)).toContain('I5');
  });
});
