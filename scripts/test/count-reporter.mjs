import { writeFileSync } from 'node:fs';

/**
 * A vitest reporter that keeps the counts of a suite in the file named by TEST_COUNTS_FILE, up to date after every
 * test file, so that a suite that is cut off still has its counts. What failed outside a test counts as one failure each:
 * a file that cannot be loaded or holds no test, a failed hook, an unhandled error.
 */
export default class CountReporter {
  #counts = { passed: 0, failed: 0, skipped: 0 };
  #file = process.env['TEST_COUNTS_FILE'] ?? '';

  /** @param {import('vitest/node').TestCase} test */
  onTestCaseResult(test) {
    const { state } = test.result();
    if (state === 'passed' || state === 'failed' || state === 'skipped') this.#counts[state] += 1;
  }

  /** @param {import('vitest/node').TestSuite} suite */
  onTestSuiteResult(suite) {
    if (suite.errors().length > 0) this.#counts.failed += 1;
  }

  /** @param {import('vitest/node').TestModule} file */
  onTestModuleEnd(file) {
    const isEmpty = file.children.allTests().next().done === true;
    if (isEmpty || file.errors().length > 0) this.#counts.failed += 1;
    this.#write();
  }

  /**
   * @param {readonly import('vitest/node').TestModule[]} _files
   * @param {readonly unknown[]} unhandledErrors
   */
  onTestRunEnd(_files, unhandledErrors) {
    this.#counts.failed += unhandledErrors.length;
    this.#write();
  }

  #write() {
    if (this.#file !== '') writeFileSync(this.#file, JSON.stringify(this.#counts));
  }
}
