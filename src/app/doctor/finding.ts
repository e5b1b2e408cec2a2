export const areas = ['rules', 'rights', 'targets', 'http', 'queries', 'redis', 'postgres', 'auth', 'evidence', 'escalation'] as const;
export type Area = (typeof areas)[number];

/** One thing that was looked at. `fix` says what to do where it is not well. */
export type Finding =
  | { readonly area: Area; readonly about: string; readonly verdict: 'ok'; readonly message: string }
  | {
      readonly area: Area;
      readonly about: string;
      readonly verdict: 'warning' | 'problem';
      readonly message: string;
      readonly fix: string;
    };

export function countOf(findings: readonly Finding[], verdict: Finding['verdict']): number {
  return findings.filter((finding) => finding.verdict === verdict).length;
}
