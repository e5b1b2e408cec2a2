import { describe, expect, it } from 'vitest';
import { summaryLine, timeTable } from '../../../scripts/test/summary.mjs';

const unit = { name: 'unit', passed: 3, failed: 0, skipped: 0, seconds: 1.25 };

describe('the summary of the tests', () => {
  it('adds the suites up', () => {
    expect(summaryLine([unit, { ...unit, name: 'e2e', passed: 2 }])).toEqual({ line: '5 passed, 0 failed', isGood: true });
    expect(summaryLine([unit, { ...unit, name: 'e2e', failed: 1, skipped: 2 }])).toEqual({
      line: '6 passed, 1 failed, 2 skipped',
      isGood: false,
    });
  });

  it('fails when no test ran', () => {
    expect(summaryLine([])).toEqual({ line: '0 passed, 1 failed', isGood: false });
    expect(summaryLine([{ ...unit, passed: 0, skipped: 4 }]).isGood).toBe(false);
  });

  it('has a row for each suite', () => {
    expect(timeTable([unit])).toContain('unit              3 passed    0 failed     1.3 s');
  });
});
