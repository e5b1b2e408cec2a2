import { valuesOf, type AlertRule, type AlertState } from './alert-states.ts';
import { isBeyond, mostTelling, thresholdOf, type Threshold } from './threshold.ts';

/** Something that was seen from outside; `at` in ms since the epoch. */
export interface Sighting {
  readonly at: number;
  readonly kind: 'fault' | 'metric' | 'alert' | 'webhook' | 'approval';
  readonly text: string;
}

type Tell = (sighting: Sighting) => void;

/** Tells when an alert begins to be pending, fires, and is over. */
export class AlertNarrator {
  readonly #tell: Tell;
  #known = new Map<string, AlertState>();

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  look(states: readonly AlertState[], now: number): void {
    const found = new Map(states.map((state) => [keyOf(state), state]));
    for (const [key, state] of found) {
      const before = this.#known.get(key)?.state;
      if (before === undefined) this.#tell({ at: state.activeAt, kind: 'alert', text: `${nameOf(state)} is pending` });
      if (before !== 'firing' && state.state === 'firing')
        this.#tell({ at: state.evaluatedAt, kind: 'alert', text: `${nameOf(state)} fires` });
    }
    for (const [key, state] of this.#known) if (!found.has(key)) this.#tell({ at: now, kind: 'alert', text: `${nameOf(state)} is over` });
    this.#known = found;
  }
}

/** Tells what an alert compares: how it is at first, and when it passes the threshold. */
export class MetricNarrator {
  readonly #prometheusUrl: string;
  readonly #tell: Tell;
  readonly #now: () => number;
  readonly #known = new Map<string, boolean>();

  constructor(prometheusUrl: string, { tell, now }: { readonly tell: Tell; readonly now: () => number }) {
    this.#prometheusUrl = prometheusUrl;
    this.#tell = tell;
    this.#now = now;
  }

  async look(rules: readonly AlertRule[]): Promise<void> {
    for (const { alertname, expression } of rules) {
      const threshold = thresholdOf(expression);
      const value = threshold === undefined ? undefined : mostTelling(threshold, await valuesOf(this.#prometheusUrl, threshold.query));
      if (threshold === undefined || value === undefined) continue;
      const is = isBeyond(threshold, value);
      if (this.#known.get(alertname) === is) continue;
      this.#known.set(alertname, is);
      this.#tell({ at: this.#now(), kind: 'metric', text: metricText(alertname, threshold, value) });
    }
  }
}

/** Tells of each notification that has arrived. */
export class WebhookNarrator {
  readonly #tell: Tell;
  readonly #known = new Set<string>();

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** `notifications` as the API lists them, newest first. */
  look(
    notifications: readonly { readonly id: string; readonly source: string; readonly receivedAt: string; readonly alerts: number }[],
  ): void {
    for (const { id, source, receivedAt, alerts } of notifications.toReversed()) {
      if (this.#known.has(id)) continue;
      this.#known.add(id);
      const text = `${alerts} ${alerts === 1 ? 'alert' : 'alerts'} arrived at ${source}, notification ${id}`;
      this.#tell({ at: Date.parse(receivedAt), kind: 'webhook', text });
    }
  }
}

function metricText(alertname: string, threshold: Threshold, value: number): string {
  const { query, operator, limit } = threshold;
  return `${query} is ${Number(value.toPrecision(4))}, ${isBeyond(threshold, value) ? '' : 'not '}${operator} ${limit} (${alertname})`;
}

function keyOf({ alertname, labels }: AlertState): string {
  return JSON.stringify([alertname, Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
}

/** Labels that all alerts of a platform have. */
const usualLabels: ReadonlySet<string> = new Set(['alertname', 'platform', 'namespace', 'severity', 'service', 'job', 'instance']);

/** With the labels that tell two of a name apart. */
function nameOf({ alertname, labels }: AlertState): string {
  const own = Object.entries(labels).filter(([name]) => !usualLabels.has(name));
  return own.length === 0 ? alertname : `${alertname}{${own.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;
}
