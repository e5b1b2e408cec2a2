import { describe, expect, it } from 'vitest';
import { FixpointError } from '../../../src/errors.ts';
import { isTerminal, livePhases, phases, terminalPhases, type Phase } from '../../../src/run/phase.ts';
import { enterPhase, mayGo } from '../../../src/run/transition.ts';
import { runOf } from '../../contract/store/records.ts';

const legal = phases.flatMap((from) => phases.filter((to) => mayGo(from, to)).map((to) => [from, to] as const));
const illegal = phases.flatMap((from) => phases.filter((to) => !mayGo(from, to)).map((to) => [from, to] as const));

describe('the transition table', () => {
  it.each(terminalPhases)('leads nowhere from %s', (phase) => {
    expect(phases.filter((to) => mayGo(phase, to))).toEqual([]);
  });

  it.each(livePhases)('lets %s be cancelled by a person and expire by its deadline', (phase) => {
    expect([mayGo(phase, 'cancelled'), mayGo(phase, 'expired')]).toEqual([true, true]);
  });

  it('reaches every phase from queued', () => {
    const reached = new Set<Phase>(['queued']);
    for (const phase of reached) for (const to of phases) if (mayGo(phase, to)) reached.add(to);
    expect([...reached].toSorted()).toEqual([...phases].toSorted());
  });

  it('calls a run a success only after verification or undoing', () => {
    expect(phases.filter((from) => mayGo(from, 'succeeded'))).toEqual(['verifying', 'undoing']);
  });

  it('calls an outcome unknown only where something may have been changed', () => {
    expect(phases.filter((from) => mayGo(from, 'interrupted'))).toEqual(['applying', 'settling', 'verifying', 'waiting', 'undoing']);
  });

  it('verifies only what was applied', () => {
    expect(phases.filter((from) => mayGo(from, 'verifying'))).toEqual(['applying', 'settling']);
    expect(phases.filter((from) => mayGo(from, 'settling'))).toEqual(['applying']);
  });

  it.each(legal)('takes a run from %s to %s with its reason and time', (from, to) => {
    const run = runOf('r1', { phase: from, waiting: { guard: 'paused', until: 9, resume: 'planning' }, trying: { since: 1, tries: 2 } });
    const next = enterPhase(run, to, { reason: 'because', at: 77 });
    expect([next.phase, next.reason, next.updatedAt, next.finishedAt]).toEqual([to, 'because', 77, isTerminal(to) ? 77 : undefined]);
    expect([next.waiting, next.trying]).toEqual([undefined, undefined]);
  });

  it.each(illegal)('refuses to take a run from %s to %s', (from, to) => {
    const take = () => enterPhase(runOf('r1', { phase: from }), to, { reason: 'because', at: 77 });
    expect(take).toThrow(FixpointError);
    expect(take).toThrow(`run r1 cannot go from ${from} to ${to} (because)`);
  });
});
