import type { Coverage, RuleCoverage } from '../testing/coverage.ts';

/** What tests have seen of each rule, and what not. */
export function coverageLines({ rules, covered, total, percent }: Coverage): readonly string[] {
  return ['', `coverage: ${covered} of ${total} rules, rungs and guards, ${percent} %`, ...rules.flatMap(linesOf)];
}

function linesOf({ rule, runs, rungs, guards }: RuleCoverage): readonly string[] {
  return [
    `  ${mark(runs > 0)} ${rule}: ${runs} ${runs === 1 ? 'run' : 'runs'}`,
    ...rungs.map(
      ({ remediation, states }, index) =>
        `    ${mark(states.length > 0)} rung ${index + 1} ${remediation}: ${states.join(', ') || 'never tried'}`,
    ),
    ...guards.map(({ guard, decisions }) => {
      const isCovered = decisions.some((decision) => decision !== 'allow');
      return `    ${mark(isCovered)} guard ${guard}: ${decisions.join(', ') || 'never asked'}`;
    }),
  ];
}

function mark(isCovered: boolean): string {
  return isCovered ? '✓' : '·';
}
