import type { RunView } from '../api/run-view.ts';
import { yamlFilesOf } from '../app/rule-files.ts';
import { FixpointError, messageOf } from '../errors.ts';
import type { Problem } from '../rule/problem.ts';
import { CoverageBook, type Coverage } from './coverage.ts';
import type { Failure } from './failure.ts';
import { hasHappened } from './outcome.ts';
import { readTestFile, type LoadedTestFile, type ReadOptions } from './read-test-file.ts';
import { simulate } from './simulate.ts';
import { worldOf } from './world-text.ts';

/** A difference with its place. */
export interface PlacedFailure {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly expected?: string;
  readonly got?: string;
  readonly run?: string;
}

export interface TestResult {
  readonly name: string;
  readonly line: number;
  readonly outcome: 'passed' | 'failed';
  /** How long the test was in its own time, ms. */
  readonly simulated: number;
  readonly runs: number;
  readonly failures: readonly PlacedFailure[];
  /** What was asked of the world and the test says nothing of. */
  readonly unanswered: readonly string[];
  /** The runs that failures are about, or all where none is named; empty where it passed. */
  readonly stories: readonly RunView[];
}

export interface FileResult {
  readonly file: string;
  readonly problems: readonly Problem[];
  readonly tests: readonly TestResult[];
}

export interface TestReport {
  readonly files: readonly FileResult[];
  readonly passed: number;
  readonly failed: number;
  /** Errors that keep files from being run. */
  readonly errors: number;
  readonly coverage: Coverage;
}

const mostStories = 3;

/** Runs all tests of these files and folders, one after the other; `told` hears of each file once it is done. */
export async function runTests(
  paths: readonly string[],
  options: ReadOptions,
  told: (file: FileResult) => void = () => {},
): Promise<TestReport> {
  const coverage = new CoverageBook();
  const files: FileResult[] = [];
  for (const path of paths.flatMap(testFilesOf)) {
    const result = await runFile(path, options, coverage);
    files.push(result);
    told(result);
  }
  const tests = files.flatMap((file) => file.tests);
  const problems = files.flatMap((file) => file.problems);
  return {
    files,
    passed: tests.filter(({ outcome }) => outcome === 'passed').length,
    failed: tests.filter(({ outcome }) => outcome === 'failed').length,
    errors: problems.filter(({ severity }) => severity === 'error').length,
    coverage: coverage.result(),
  };
}

async function runFile(path: string, options: ReadOptions, coverage: CoverageBook): Promise<FileResult> {
  const { loaded, problems } = readTestFile(path, options);
  if (loaded === undefined) return { file: path, problems, tests: [] };
  coverage.know(loaded.rulebook.rules, loaded.writtenGuards);
  const tests: TestResult[] = [];
  for (const one of loaded.tests) tests.push(await runOne(loaded, one, coverage));
  return { file: loaded.name, problems, tests };
}

async function runOne(
  { file, rulebook, config, yaml }: LoadedTestFile,
  { test, index }: LoadedTestFile['tests'][number],
  coverage: CoverageBook,
): Promise<TestResult> {
  const base = ['tests', index];
  const placed = ({ path, ...failure }: Failure): PlacedFailure => ({ ...yaml.locate([...base, ...path]), ...failure });
  const { line } = yaml.locate([...base, 'name']);
  try {
    const { failures, outcome, unanswered, length } = await simulate({ config, rulebook, text: worldOf(file, test), test });
    coverage.note(outcome);
    const named = new Set(failures.map(({ run }) => run));
    const concerned = outcome.runs.filter(({ run }) => named.has(run.id));
    const stories = failures.length === 0 ? [] : (concerned.length > 0 ? concerned : outcome.runs).slice(0, mostStories);
    return {
      name: test.name,
      line,
      simulated: length,
      runs: outcome.runs.filter(({ run }) => hasHappened(run)).length,
      outcome: failures.length === 0 ? 'passed' : 'failed',
      failures: failures.map(placed),
      unanswered: failures.length === 0 ? [] : unanswered,
      stories: stories.map(({ view }) => view),
    };
  } catch (error) {
    const failure = placed({
      path: [],
      message: `the test could not be run: ${error instanceof FixpointError ? messageOf(error) : String((error as Error).stack)}`,
    });
    return { name: test.name, line, simulated: 0, runs: 0, outcome: 'failed', failures: [failure], unanswered: [], stories: [] };
  }
}

/** Throws `rules.invalid` where there are none: a folder mistaken for another must not pass. */
function testFilesOf(path: string): readonly string[] {
  const files = yamlFilesOf(path);
  if (files.length === 0) throw new FixpointError('rules.invalid', `there is no YAML file in ${path}`);
  return files;
}
