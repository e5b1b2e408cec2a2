import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { announce } from '../setup/announce.mjs';

/**
 * What became of a suite.
 * @typedef {object} SuiteResult
 * @property {string} name
 * @property {number} passed
 * @property {number} failed at least 1 when the runner itself failed or ran over the budget
 * @property {number} skipped
 * @property {number} seconds
 */

const graceMs = 5_000;
const reporter = fileURLToPath(new URL('./count-reporter.mjs', import.meta.url));

/**
 * Runs one suite with vitest in a process group of its own, so that servers started by its tests end with it.
 * @param {{ suite: import('./suites.mjs').Suite, node: string, root: string, args: readonly string[], output?: 'inherit' | 'ignore' }} what
 * @returns {Promise<SuiteResult>}
 */
export async function runSuite({ suite, node, root, args, output = 'inherit' }) {
  const folder = mkdtempSync(join(tmpdir(), 'fixpoint-suite-'));
  const countsFile = join(folder, 'counts.json');
  const begin = performance.now();
  try {
    const end = await runVitest({ suite, node, root, args, output, countsFile });
    const counts = readCounts(countsFile);
    if (end === 'over budget') announce(`The suite ${suite.name} ran over its budget of ${suite.budgetSeconds} s and was stopped.`);
    if (end === 0 && counts.failed > 0) announce(`The suite ${suite.name} has test files without a test.`);
    const isUncounted = end === 'over budget' || (end !== 0 && counts.failed === 0);
    const seconds = (performance.now() - begin) / 1000;
    return { name: suite.name, ...counts, failed: counts.failed + (isUncounted ? 1 : 0), seconds };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {{ suite: import('./suites.mjs').Suite, node: string, root: string, args: readonly string[], output: 'inherit' | 'ignore', countsFile: string }} what
 * @returns {Promise<number | 'over budget'>} vitest's exit code
 */
function runVitest({ suite, node, root, args, output, countsFile }) {
  const child = spawn(
    node,
    [
      join(root, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      `--project=${suite.name}`,
      '--passWithNoTests',
      '--reporter=default',
      `--reporter=${reporter}`,
      ...args,
    ],
    { cwd: root, stdio: ['ignore', output, output], detached: true, env: { ...cleanEnvironment(), TEST_COUNTS_FILE: countsFile } },
  );
  /** @param {NodeJS.Signals} signal */
  const signalGroup = (signal) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // The group has ended already.
    }
  };
  const stop = () => process.exit(130);
  const killGroup = () => signalGroup('SIGKILL');
  process.once('SIGINT', stop).once('SIGTERM', stop).once('exit', killGroup);
  return new Promise((resolve, reject) => {
    let isOverBudget = false;
    /** @type {NodeJS.Timeout | undefined} */
    let grace;
    const budget = setTimeout(() => {
      isOverBudget = true;
      signalGroup('SIGTERM');
      grace = setTimeout(killGroup, graceMs);
    }, suite.budgetSeconds * 1000);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(budget);
      clearTimeout(grace);
      killGroup();
      process.off('SIGINT', stop).off('SIGTERM', stop).off('exit', killGroup);
      resolve(isOverBudget ? 'over budget' : (code ?? 1));
    });
  });
}

/** The developer's own settings of Fixpoint must not reach the tests. */
function cleanEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('FIXPOINT_')));
}

/**
 * @param {string} file
 * @returns {{ passed: number, failed: number, skipped: number }}
 */
function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}
