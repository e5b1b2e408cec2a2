import type { Metrics } from '../../src/ports/metrics.ts';

/** Counts nothing. */
export const quietMetrics: Metrics = {
  notification: () => {},
  alert: () => {},
  match: () => {},
  decision: () => {},
  runEnded: () => {},
  timeToAction: () => {},
  timeToResolve: () => {},
  action: () => {},
  verification: () => {},
  escalation: () => {},
  ruleFailed: () => {},
  undo: () => {},
};
