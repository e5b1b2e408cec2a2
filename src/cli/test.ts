import { writeFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import type { FileResult, PlacedFailure, TestReport, TestResult } from '../testing/run-tests.ts';
import { formatDuration } from '../value/duration.ts';
import { textOption, UsageError, type Command } from './command.ts';
import { coverageLines } from './coverage-lines.ts';
import { storyLines, type RunStory } from './run-story.ts';

export const test: Command = {
  name: 'test',
  summary: 'Run the tests of rules: alerts, metrics, people and time as a file says, on a simulated world.',
  usage:
    '[<test files or folders>…] [--config fixpoint.yaml] [--rules …] [--remediations …] [--junit <file>] [--coverage] [--coverage-threshold <per cent>]',
  example: 'fixpoint test rules/tests --coverage',
  options: {
    'config': { type: 'string' },
    'rules': { type: 'string' },
    'remediations': { type: 'string' },
    'junit': { type: 'string' },
    'coverage': { type: 'boolean' },
    'coverage-threshold': { type: 'string' },
  },
  positionals: { least: 0, most: 1000 },
  async run({ values, positionals, print, say, isJson }) {
    const threshold = thresholdFrom(textOption(values, 'coverage-threshold'));
    const junit = textOption(values, 'junit');
    const [{ runTests }, { junitOf }] = await Promise.all([import('../testing/run-tests.ts'), import('../testing/junit.ts')]);
    const options = {
      config: textOption(values, 'config'),
      rules: textOption(values, 'rules'),
      remediations: textOption(values, 'remediations'),
    };
    const paths = positionals.length > 0 ? positionals : ['rules/tests'];
    const report = await runTests(paths, options, (file) => {
      if (!isJson) for (const line of fileLines(file)) print(line);
    });
    const isWanted = values['coverage'] === true || threshold !== undefined;
    if (isJson) print(JSON.stringify(report));
    else {
      if (isWanted) for (const line of coverageLines(report.coverage)) print(line);
      print(summaryOf(report));
    }
    if (junit !== undefined) writeReport(junit, junitOf(report));
    const isLow = threshold !== undefined && report.coverage.percent < threshold;
    if (isLow) say(`coverage is ${report.coverage.percent} %, below ${threshold} %`);
    return report.failed > 0 || report.errors > 0 || isLow ? 1 : 0;
  },
};

function writeReport(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UsageError(`--junit ${file} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}

function thresholdFrom(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 100))
    throw new UsageError(`--coverage-threshold is a number from 0 to 100, not ${text}`);
  return value;
}

function fileLines({ file, problems, tests }: FileResult): readonly string[] {
  return [
    file,
    ...problems.map((problem) => `  ${problem.file}:${problem.line}:${problem.column}: ${problem.severity}: ${problem.message}`),
    ...tests.flatMap((one) => testLines(file, one)),
  ];
}

function testLines(file: string, { name, outcome, simulated, runs, failures, unanswered, stories }: TestResult): readonly string[] {
  const about = `${formatDuration(simulated)}, ${runs} ${runs === 1 ? 'run' : 'runs'}`;
  if (outcome === 'passed') return [`  ✓ ${name} (${about})`];
  return [
    `  ✗ ${name} (${about})`,
    ...failures.flatMap((failure) => failureLines(file, failure)),
    ...(unanswered.length === 0 ? [] : ['', '    asked, and the test says nothing of it:', ...unanswered.map((line) => `      ${line}`)]),
    ...stories.flatMap((story) => ['', ...storyLines(withoutConsent(story as RunStory)).map((line) => `    ${line}`)]),
    '',
  ];
}

/** Of a story that is looked at for what went wrong, without the many guards that let the run pass. */
function withoutConsent(story: RunStory): RunStory {
  const isHeld = ({ decision }: { readonly decision: string }) => decision !== 'allow';
  const journal = story.journal?.flatMap((entry) => {
    const { decisions } = entry.data as { readonly decisions?: RunStory['decisions'] };
    if (entry.type !== 'admitted' || decisions === undefined) return [entry];
    return [{ ...entry, data: { ...entry.data, decisions: decisions.filter(isHeld) } }];
  });
  return { ...story, decisions: story.decisions.filter(isHeld), ...(journal === undefined ? {} : { journal }) };
}

function failureLines(file: string, { line, column, message, expected, got }: PlacedFailure): readonly string[] {
  return [
    `    ${file}:${line}:${column}: ${message}`,
    ...(expected === undefined ? [] : [`      expected  ${expected}`]),
    ...(got === undefined ? [] : [`      got       ${got}`]),
  ];
}

function summaryOf({ files, passed, failed, errors }: TestReport): string {
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`;
  return `${count(files.length, 'file')}, ${count(passed + failed, 'test')}: ${passed} passed, ${failed} failed${errors === 0 ? '' : `, ${count(errors, 'error')}`}`;
}
