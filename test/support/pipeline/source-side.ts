import type { Alert, Labels } from '../../../src/alert/alert.ts';
import { parseMatchers } from '../../../src/alert/matcher.ts';
import { FixpointError } from '../../../src/errors.ts';
import type { Clock } from '../../../src/ports/clock.ts';
import type { Evidence, Standing } from '../../../src/ports/evidence.ts';

/** An alert as a test sends it. Times default to now. */
export interface Fired {
  readonly fingerprint: string;
  readonly labels?: Labels;
  readonly status?: 'firing' | 'resolved';
  readonly startsAt?: number;
  readonly endsAt?: number;
}

/** The Alertmanager of the sources, of `main` unless told: what it has, and whether it answers. */
export class SourceSide {
  readonly alerts = new Map<string, Alert>();
  readonly silenced = new Set<string>();
  /** Receivers that every alert is routed to. */
  receivers: readonly string[] = ['fixpoint'];
  isAway = false;
  /** Sources that are asked by their Prometheus. */
  readonly askedOtherwise = new Set<string>();
  /** When it was started, if it says so. */
  upSince: number | undefined;
  readonly evidence: Evidence;
  readonly #clock: Clock;

  constructor(clock: Clock, kind: 'api' | 'receipt', sources: readonly { readonly name: string }[] = [{ name: 'main' }]) {
    this.#clock = clock;
    this.evidence = {
      sources: () => sources.map(({ name }) => name),
      placeOf: () => 'http://alertmanager/',
      kindOf: (name) => (this.askedOtherwise.has(name) ? 'prometheus' : kind),
      standing: async ({ fingerprint }) => this.#standing(fingerprint),
      anyFires: async (_source, alerts) => alerts.some(({ fingerprint }) => this.#standing(fingerprint).standing === 'firing'),
      upSince: () => Promise.resolve(this.upSince),
      listed: async () =>
        this.#firing([]).map((alert) => ({ alert, isSuppressed: this.silenced.has(alert.fingerprint), receivers: this.receivers })),
      firing: async (_source, matchers) => this.#firing(matchers),
    };
  }

  /** Takes the alerts over as they were sent. */
  note(alerts: readonly Fired[]): void {
    for (const alert of alerts) {
      if (alert.status === 'resolved') this.alerts.delete(alert.fingerprint);
      else this.alerts.set(alert.fingerprint, this.#read(alert));
    }
  }

  webhookAlert({ fingerprint, status = 'firing', labels = {}, startsAt, endsAt }: Fired): object {
    const start = startsAt ?? this.#clock.now();
    const end = status === 'resolved' ? (endsAt ?? this.#clock.now()) : undefined;
    return {
      status,
      fingerprint,
      labels: { alertname: 'Slow', ...labels },
      annotations: {},
      startsAt: new Date(start).toISOString(),
      endsAt: end === undefined ? '0001-01-01T00:00:00Z' : new Date(end).toISOString(),
    };
  }

  #read({ fingerprint, labels = {}, startsAt }: Fired): Alert {
    const start = startsAt ?? this.#clock.now();
    return { source: 'main', fingerprint, status: 'firing', labels: { alertname: 'Slow', ...labels }, annotations: {}, startsAt: start };
  }

  #standing(fingerprint: string): Standing {
    this.#throwIfAway();
    if (this.silenced.has(fingerprint)) return { standing: 'suppressed', by: 'silence 1' };
    return { standing: this.alerts.has(fingerprint) ? 'firing' : 'absent' };
  }

  #firing(texts: readonly string[]): readonly Alert[] {
    this.#throwIfAway();
    const matchers = texts.flatMap((text) => parseMatchers(text));
    return [...this.alerts.values()].filter(({ labels }) => matchers.every((matcher) => matcher.matches(labels)));
  }

  #throwIfAway(): void {
    if (this.isAway) throw new FixpointError('alertmanager.unavailable', 'connection refused');
  }
}
