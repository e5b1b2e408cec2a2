interface Status {
  readonly state: string;
  readonly silencedBy: readonly string[];
  readonly inhibitedBy: readonly string[];
  readonly mutedBy: readonly string[];
}

interface Listed {
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly startsAt: string;
  /** What differs from an alert that nothing suppresses. */
  readonly status?: Partial<Status>;
}

/** An alert as Alertmanager lists it, one that fires unless told. */
export function listedAlert({ fingerprint, labels, annotations = {}, startsAt, status = {} }: Listed) {
  return {
    fingerprint,
    labels,
    annotations,
    startsAt,
    endsAt: new Date(Date.parse(startsAt) + 3_600_000).toISOString(),
    receivers: [{ name: 'fixpoint' }],
    status: { state: 'active', silencedBy: [], inhibitedBy: [], mutedBy: [], ...status },
  };
}

/** The same alerts as one group, which is asked for muting. */
export function grouped(alerts: readonly object[]): readonly object[] {
  return [{ labels: {}, receiver: { name: 'fixpoint' }, alerts }];
}
