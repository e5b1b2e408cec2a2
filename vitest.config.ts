import { defineConfig } from 'vitest/config';
import { suites } from './scripts/test/suites.mjs';

export default defineConfig({
  test: {
    globals: false,
    pool: 'forks',
    maxWorkers: 2,
    allowOnly: false,
    dangerouslyIgnoreUnhandledErrors: false,
    projects: suites.map((suite, index) => ({
      extends: true,
      test: {
        name: suite.name,
        include: [`test/${suite.name}/**/*.test.ts`],
        testTimeout: suite.testTimeoutMs,
        hookTimeout: suite.testTimeoutMs,
        maxWorkers: suite.workers,
        // Suites with different numbers of workers run one after the other.
        sequence: { groupOrder: index },
      },
    })),
  },
});
