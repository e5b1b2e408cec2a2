/** @typedef {import('./run-suite.mjs').SuiteResult} SuiteResult */

/**
 * @param {readonly SuiteResult[]} results
 * @returns {string} a row for each suite: counts and seconds
 */
export function timeTable(results) {
  const rows = results.map(
    ({ name, passed, failed, seconds }) =>
      `${name.padEnd(12)} ${String(passed).padStart(6)} passed ${String(failed).padStart(4)} failed ${seconds.toFixed(1).padStart(7)} s`,
  );
  return ['', 'Time by suite:', ...rows, ''].join('\n');
}

/**
 * Adds the suites up; that no test ran at all is a failure too.
 * @param {readonly SuiteResult[]} results
 * @returns {{ line: string, isGood: boolean }} the line a machine looks for: `12 passed, 0 failed`
 */
export function summaryLine(results) {
  const passed = sum(results.map((result) => result.passed));
  const skipped = sum(results.map((result) => result.skipped));
  const counted = sum(results.map((result) => result.failed));
  const failed = passed === 0 && counted === 0 ? 1 : counted;
  const line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
  return { line, isGood: failed === 0 };
}

/** @param {readonly number[]} numbers */
function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}
