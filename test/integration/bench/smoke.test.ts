import { describe, expect, it } from 'vitest';
import { acknowledge } from '../../../bench/acknowledge.ts';
import { action } from '../../../bench/action.ts';
import { admission } from '../../../bench/admission.ts';
import { matching } from '../../../bench/matching.ts';
import { storm } from '../../../bench/storm.ts';

const fsyncs = ['everysec'] as const;

describe('the benches', { timeout: 60_000 }, () => {
  it('measure acknowledging', async () => {
    expect(await acknowledge({ seconds: 1, rounds: 1, fsyncs })).toEqual([
      expect.stringMatching(/fsync everysec\): ours [\d.]+\/s, bare [\d.]+\/s, ratio [\d.]+ /),
    ]);
  });

  it('measure an alert to its effect', async () => {
    const lines = await action({ count: 2, fsyncs });
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

  it('measure admission', async () => {
    expect(await admission({ count: 2, fsyncs, subjects: 20 })).toEqual([
      expect.stringMatching(/fsync everysec\): ours p50 [\d.]+ ms.*ratio of p50 [\d.]+/),
      expect.stringMatching(/with 20 subjects in the ledger: ours p50 [\d.]+ ms.*they cost [\d.]+ MiB/),
    ]);
  });

  it('measure a storm and lose none of its alerts', async () => {
    const lines = await storm({ notifications: 20, alertsEach: 5, subjects: 10, fsyncs });
    expect(lines).toEqual([
      expect.stringMatching(/100 alerts in 20 notifications.* \d+ alerts\/s; lost 0; 10 runs of 10 subjects/),
      expect.stringMatching(/to done: [\d.]+; memory before \d+ MiB, at most \d+ MiB/),
    ]);
  });
});
