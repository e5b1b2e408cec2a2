import { describe, expect, it } from 'vitest';
import { judge, type JudgedRun, type Present } from '../../../../src/app/game-day/judge.ts';

function run(phase: JudgedRun['phase'], change: Partial<JudgedRun> = {}): JudgedRun {
  return { kind: 'remediation', phase, alertname: 'A', ...change };
}

function present(change: Partial<Present>): Present {
  return { isUnwell: true, firing: ['A'], alerts: ['A'], runs: [], calls: 0, ...change };
}

const well = { isUnwell: false, firing: [] };

describe('judge', () => {
  it('waits for a first run, and for every run to end', () => {
    expect(judge(present(well))).toBeUndefined();
    expect(judge(present({ ...well, runs: [run('succeeded'), run('verifying')] }))).toBeUndefined();
  });

  it('says recovered only when the platform is well, its alert is over, and something was done', () => {
    expect(judge(present({ ...well, runs: [run('succeeded')] }))).toBe('recovered');
    expect(judge(present({ ...well, firing: ['A'], runs: [run('succeeded')] }))).toBeUndefined();
    expect(judge(present({ runs: [run('succeeded')] }))).toBeUndefined();
    expect(judge(present({ ...well, runs: [run('superseded')] }))).toBe('gone');
  });

  it('says called only when a person was reached', () => {
    expect(judge(present({ runs: [run('failed')] }))).toBeUndefined();
    expect(judge(present({ runs: [run('failed')], calls: 1 }))).toBe('called');
  });

  it('waits for the other alert of the same fault, whose rule may help', () => {
    expect(judge(present({ alerts: ['A', 'B'], runs: [run('failed')], calls: 1 }))).toBeUndefined();
    expect(judge(present({ alerts: ['A', 'B'], runs: [run('failed'), run('failed', { alertname: 'B' })], calls: 1 }))).toBe('called');
  });

  it('tells rules that only plan from a person called', () => {
    expect(judge(present({ runs: [run('planned')], calls: 0 }))).toBe('planned');
    expect(judge(present({ runs: [run('planned'), run('failed')], calls: 1 }))).toBe('called');
  });

  it('does not wait for what is held for as long as a worse alert fires, but for what waits for anything else', () => {
    const held = run('waiting', { waitsFor: 'holdWhile' });
    expect(judge(present({ runs: [run('failed'), held], calls: 1 }))).toBe('called');
    expect(judge(present({ runs: [run('failed'), run('waiting', { waitsFor: 'targetLock' })], calls: 1 }))).toBeUndefined();
    expect(judge(present({ ...well, runs: [run('succeeded'), held] }))).toBeUndefined();
  });

  it('leaves runs that take something back out', () => {
    expect(judge(present({ ...well, runs: [run('succeeded'), run('waiting', { kind: 'undo' })] }))).toBe('recovered');
    expect(judge(present({ ...well, runs: [run('succeeded', { kind: 'undo' })] }))).toBeUndefined();
  });
});
