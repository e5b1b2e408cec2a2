import { describe, expect, it } from 'vitest';
import { Breaker } from '../../../../src/sandbox/patients/llm-guardrails/breaker.ts';

function observeUntil(breaker: Breaker, isWorking: boolean, times: { from: number; to: number }): string[] {
  const states: string[] = [];
  for (let now = times.from; now <= times.to; now += 1000) {
    breaker.observe(isWorking, now);
    if (states.at(-1) !== breaker.state) states.push(breaker.state);
  }
  return states;
}

describe('Breaker', () => {
  it('opens when its model fails for a while, and tries before it closes', () => {
    const breaker = new Breaker();

    expect(observeUntil(breaker, true, { from: 0, to: 10_000 })).toEqual(['closed']);
    expect(observeUntil(breaker, false, { from: 11_000, to: 20_000 })).toEqual(['closed', 'open']);
    expect(observeUntil(breaker, true, { from: 21_000, to: 31_000 })).toEqual(['open', 'half-open', 'closed']);
  });

  it('ignores a short failure', () => {
    const breaker = new Breaker();

    expect(observeUntil(breaker, false, { from: 0, to: 1000 })).toEqual(['closed']);
    expect(observeUntil(breaker, true, { from: 2000, to: 20_000 })).toEqual(['closed']);
  });

  it('opens again when closed by hand while its model fails', () => {
    const breaker = new Breaker();
    observeUntil(breaker, false, { from: 0, to: 10_000 });
    breaker.close(10_000);

    expect(observeUntil(breaker, false, { from: 10_000, to: 20_000 })).toEqual(['closed', 'open']);
  });

  it('stays open when stuck, until closed by hand', () => {
    const breaker = new Breaker();
    breaker.stick(0);

    expect(observeUntil(breaker, true, { from: 0, to: 100_000 })).toEqual(['open']);
    breaker.close(100_000);
    expect(observeUntil(breaker, true, { from: 101_000, to: 200_000 })).toEqual(['closed']);
  });
});
