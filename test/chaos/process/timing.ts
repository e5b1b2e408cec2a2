import type { Timing } from '../../../src/pipeline/engine.ts';

/** Short leases: what takes seconds in earnest takes one here. All in ms. */
export const timing: Timing = {
  lease: 1000,
  guardTimeout: 800,
  checkTimeout: 800,
  admissionAge: 1500,
  runLife: 60_000,
  approvalLife: 20_000,
  targetCooldown: 200,
};

/** Shorter than the lease by as much as an answer may be late, as in earnest. */
export const linkTimeout = 400;

export const redelivery = { lockDuration: 1000, stalledInterval: 500 };
export const storeLimits = { firstWake: 500, redispatch: 500 };
export const every = { reconcile: 150, sources: 1500, sweep: 5000, rules: 500 };
export const concurrency = { intake: 4, runs: 32 };
export const grace = 1500;
