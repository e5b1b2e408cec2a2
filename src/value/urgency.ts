/** What is critical goes first; the rest waits a little, and is never starved. */
export type Urgency = 'critical' | 'normal';

/** As the label `severity` of its alert says; a run whose alert has none is as urgent as its rule says. */
export function urgencyOf(run: {
  readonly alert: { readonly labels: Readonly<Record<string, string>> };
  readonly severity?: string;
}): Urgency {
  return (run.alert.labels['severity'] || run.severity) === 'critical' ? 'critical' : 'normal';
}
