import { describe, expect, it } from 'vitest';
import { failuresOf } from '../../support/testing/run-test-text.ts';

describe('a simulated day', () => {
  it('with one incident is a matter of some thousand steps, not of every second', async () => {
    const tests = `
  - name: a day
    alerts: { slow: { labels: { alertname: Slow, app: web }, repeat: 1h } }
    timeline: [{ at: 6h, fire: slow }, { at: 6h10m, resolve: slow }]
    until: 1d
    expect: { runs: [{ rule: slow, phase: succeeded, changes: [{ to: 4 }] }, { rule: slow, kind: undo, phase: succeeded, changes: [{ to: 2 }] }] }`;
    const before = process.cpuUsage();
    expect(await failuresOf({ tests })).toEqual([]);
    // Far above what it takes; turn by turn it would be a minute.
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(20);
  });
});
