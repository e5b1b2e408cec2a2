import type { Patient } from '../patients/patient.ts';
import type { LabelMatcher } from './selector.ts';

/** One series as a Prometheus that scrapes all patients would have it; `labels` with `__name__`, `platform` and `namespace`. */
export interface PresentSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The present series of all patients that every matcher accepts. */
export function selectSeries(patients: readonly Patient[], matchers: readonly LabelMatcher[]): readonly PresentSeries[] {
  return patients.flatMap((patient) => {
    patient.step();
    const added = { platform: patient.platform, namespace: patient.namespaces[0] };
    const all = patient.series().map(({ name, labels, value }) => ({ labels: { __name__: name, ...added, ...labels }, value }));
    return all.filter(({ labels }) => matchesLabels(labels, matchers));
  });
}

/** An absent label counts as an empty one. */
export function matchesLabels(labels: Readonly<Record<string, string>>, matchers: readonly LabelMatcher[]): boolean {
  return matchers.every(({ name, matches }) => matches(Object.hasOwn(labels, name) ? (labels[name] ?? '') : ''));
}
