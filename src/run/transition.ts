import { FixpointError } from '../errors.ts';
import { isTerminal, type Phase } from './phase.ts';
import type { Run } from './run.ts';

const fromPlanning: readonly Phase[] = [
  'awaiting-approval',
  'applying',
  'waiting',
  'planned',
  'denied',
  'superseded',
  'expired',
  'cancelled',
  'failed',
];

/** From which phase a run may go to which; the only such table. Every live phase can also end by a person or a deadline. */
const table: Readonly<Record<Phase, readonly Phase[]>> = {
  // Planning changes nothing, so a queued run may plan and go on in one write.
  'queued': ['planning', ...fromPlanning, 'undoing', 'observed'],
  'planning': fromPlanning,
  'awaiting-approval': ['planning', 'applying', 'waiting', 'denied', 'superseded', 'expired', 'cancelled'],
  'waiting': [
    'queued',
    'planning',
    'awaiting-approval',
    'applying',
    'denied',
    'superseded',
    'expired',
    'cancelled',
    'interrupted',
    'undoing',
    'failed',
  ],
  'applying': ['settling', 'verifying', 'planning', 'waiting', 'failed', 'cancelled', 'interrupted', 'superseded', 'denied', 'expired'],
  // A rung that failed waits until what it did has been taken back.
  // And one that waited between two steps goes on.
  'settling': ['applying', 'verifying', 'planning', 'waiting', 'failed', 'cancelled', 'interrupted', 'expired'],
  'verifying': ['succeeded', 'failed', 'planning', 'waiting', 'cancelled', 'interrupted', 'expired'],
  'undoing': ['succeeded', 'failed', 'waiting', 'denied', 'superseded', 'expired', 'cancelled', 'interrupted'],
  'succeeded': [],
  'failed': [],
  'denied': [],
  'superseded': [],
  'expired': [],
  'cancelled': [],
  'interrupted': [],
  'planned': [],
  'observed': [],
};

export function mayGo(from: Phase, to: Phase): boolean {
  return table[from].includes(to);
}

/** The run in its next phase at `at` (ms); throws `run.illegal-transition`. */
export function enterPhase(run: Run, phase: Phase, { reason, at }: { reason: string; at: number }): Run {
  if (!mayGo(run.phase, phase)) {
    throw new FixpointError('run.illegal-transition', `run ${run.id} cannot go from ${run.phase} to ${phase} (${reason})`);
  }
  const { waiting: _left, trying: _tried, ...rest } = run;
  return { ...rest, phase, reason, updatedAt: at, ...(isTerminal(phase) ? { finishedAt: at } : {}) };
}
