import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../chaos/campaign.ts';
import { report, reportSabotage } from '../../chaos/report.ts';

const good: Outcome = {
  rounds: 3,
  seconds: 4,
  strikes: new Map([['kill worker', 3]]),
  kills: 3,
  runs: [],
  effects: 2,
  webhooks: 5,
  curable: 4,
  cured: 2,
  resumed: [],
  endedWithHolder: 0,
  violations: [],
  errors: new Map(),
  story: (about) => [`story of ${about}`],
};
const violation = { invariant: 'I6', what: 'restart under fence 6', about: 'i1-1', at: 0 };

describe('the report of chaos', () => {
  it('is good only without a violation, whose story it tells with the seed', () => {
    expect(report(good, 7).isGood).toBe(true);
    const { isGood, lines } = report({ ...good, violations: [violation] }, 7);
    expect(isGood).toBe(false);
    expect(lines.slice(-2)).toEqual([
      'VIOLATION I6: restart under fence 6 (about i1-1, at 1970-01-01T00:00:00.000Z, seed 7)',
      '    story of i1-1',
    ]);
  });

  it('is not good where too little was cured for anything to be proved', () => {
    const { isGood, lines } = report({ ...good, cured: 1 }, 7);
    expect(isGood).toBe(false);
    expect(lines.join('\n')).toContain('cured: 1 of 4 that could be; TOO FEW');
  });

  it('of a sabotage is good only where the very invariant noticed that is meant to', () => {
    expect(reportSabotage({ ...good, violations: [violation] }, 'no-fence').isGood).toBe(true);
    const missed = reportSabotage({ ...good, violations: [violation] }, 'early-unlock');
    expect(missed).toEqual({
      isGood: false,
      lines: ['sabotage early-unlock: NOT caught by I2 in 3 rounds', '  also I6: restart under fence 6'],
    });
  });
});
