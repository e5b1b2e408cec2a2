import type { GuardSettings } from '../../src/rule/guard-settings.ts';

/** A rule that says nothing of its guards, without any defaults. */
export const noGuards: GuardSettings = {
  rate: { rule: [], target: [], namespace: [], global: [] },
  holdWhile: [],
  windows: [],
  concurrency: {},
  recurrence: [],
  failureBudget: [],
  requires: [],
};
