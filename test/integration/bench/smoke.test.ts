import { describe, expect, it } from 'vitest';
import { action } from '../../../bench/action.ts';
import { matching } from '../../../bench/matching.ts';

describe('the benches', { timeout: 30_000 }, () => {
  it('measure an alert to its effect', async () => {
    const lines = await action({ count: 2 });
    expect(lines).toEqual([
      expect.stringMatching(/ours p50 [\d.]+ ms.*bare p50 [\d.]+ ms.*ratio of p50 [\d.]+/),
      expect.stringMatching(/to the end: \d+ \(idle: \d+ a second\)/),
    ]);
  });

  it('measure matching and loading', async () => {
    expect(await matching({ rounds: 1 })).toEqual([
      expect.stringMatching(/10,000 rules [\d.]+ µs/),
      expect.stringMatching(/load of 1,000 rules: [\d.]+ ms/),
    ]);
  });
});
