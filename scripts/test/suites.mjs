/**
 * One folder of test/ and what it may take.
 * @typedef {object} Suite
 * @property {string} name the folder
 * @property {number} budgetSeconds for the whole suite on a small machine; what is over it fails
 * @property {number} testTimeoutMs for one test, and for one hook
 * @property {number} workers test files at a time
 */

/** The suites in the order they run: the quick ones first. @type {readonly Suite[]} */
export const suites = [
  { name: 'unit', budgetSeconds: 240, testTimeoutMs: 5_000, workers: 2 },
  { name: 'property', budgetSeconds: 180, testTimeoutMs: 30_000, workers: 2 },
  { name: 'contract', budgetSeconds: 180, testTimeoutMs: 30_000, workers: 2 },
  { name: 'integration', budgetSeconds: 420, testTimeoutMs: 30_000, workers: 3 },
  // These wait most of the time; what keeps the machine busy by itself is in load.
  { name: 'e2e', budgetSeconds: 420, testTimeoutMs: 120_000, workers: 2 },
  { name: 'load', budgetSeconds: 480, testTimeoutMs: 120_000, workers: 1 },
  { name: 'chaos', budgetSeconds: 600, testTimeoutMs: 120_000, workers: 1 },
];
