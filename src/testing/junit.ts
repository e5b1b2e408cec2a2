import type { FileResult, PlacedFailure, TestReport } from './run-tests.ts';

/** The report as JUnit XML, which most CI systems show. Times are left out: tests run in their own time. */
export function junitOf({ files }: TestReport): string {
  const suites = files.map(suiteOf);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="fixpoint test">\n${suites.join('')}</testsuites>\n`;
}

function suiteOf({ file, problems, tests }: FileResult): string {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const failed = tests.filter(({ outcome }) => outcome === 'failed').length;
  const counts = `tests="${tests.length + errors.length}" failures="${failed}" errors="${errors.length}"`;
  const cases = [
    ...errors.map(({ line, column, message }) =>
      caseOf({ file, name: `${file}:${line}:${column}`, line }, `      <error message="${escaped(message)}"/>\n`),
    ),
    ...tests.map(({ name, line, failures }) => caseOf({ file, name, line }, failures.length === 0 ? '' : failureOf(file, failures))),
  ];
  return `  <testsuite name="${escaped(file)}" ${counts}>\n${cases.join('')}  </testsuite>\n`;
}

function caseOf({ file, name, line }: { file: string; name: string; line: number }, content: string): string {
  const head = `    <testcase classname="${escaped(file)}" name="${escaped(name)}" file="${escaped(file)}" line="${line}"`;
  return content === '' ? `${head}/>\n` : `${head}>\n${content}    </testcase>\n`;
}

function failureOf(file: string, failures: readonly PlacedFailure[]): string {
  const lines = failures.map(({ line, column, message, expected, got }) =>
    [
      `${file}:${line}:${column}: ${message}`,
      ...(expected === undefined ? [] : [`  expected ${expected}`]),
      ...(got === undefined ? [] : [`  got      ${got}`]),
    ].join('\n'),
  );
  return `      <failure message="${escaped(failures[0]?.message ?? '')}">${escaped(lines.join('\n'))}</failure>\n`;
}

/** Characters that XML 1.0 cannot have are left out. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
