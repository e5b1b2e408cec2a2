import { Histogram } from '../histogram.ts';
import type { LatencyShape } from '../latency.ts';
import { counter, gauge, histogram, type Metric, type Series } from '../series.ts';

export type LlmProvider = 'primary' | 'fallback';

/** What passes through the platform at one moment, besides its streams; a second, and in ms. */
export interface SafetyLoad {
  readonly screenings: number;
  readonly screeningLatency: LatencyShape;
  /** How sure the screening model is, from 0 to 1. */
  readonly confidence: LatencyShape;
  /** From 0 to 1. */
  readonly falsePositives: number;
  /** Questions to a language model, and those of them to the first provider that time out. */
  readonly questions: number;
  readonly timeouts: number;
  readonly reasoningLatency: LatencyShape;
  readonly actions: number;
  readonly failedActions: number;
}

const nothing: LatencyShape = { median: 1, spread: 0.1 };

/** The requests through the platform, counted as the metrics of its services have them. */
export class SafetyTraffic {
  /** What passes from now on. */
  load: SafetyLoad = {
    screenings: 0,
    screeningLatency: nothing,
    confidence: nothing,
    falsePositives: 0,
    questions: 0,
    timeouts: 0,
    reasoningLatency: nothing,
    actions: 0,
    failedActions: 0,
  };
  readonly #screening = new Histogram([10, 25, 50, 60, 70, 80, 90, 100, 125, 150, 175, 200, 225, 250, 300, 400, 500, 750, 1000, 2000]);
  readonly #confidence = new Histogram([0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1]);
  readonly #reasoning = new Histogram([500, 1000, 2000, 3000, 4000, 5000, 7500, 10_000, 20_000, 30_000, 60_000]);
  #timeouts = 0;
  #done = 0;
  #failed = 0;

  /** Seconds of the present load. */
  pass(seconds: number): void {
    const { load } = this;
    this.#screening.add(load.screeningLatency, seconds * load.screenings);
    this.#confidence.add(load.confidence, seconds * load.screenings);
    this.#reasoning.add(load.reasoningLatency, seconds * load.questions);
    this.#timeouts += seconds * load.timeouts;
    this.#done += seconds * (load.actions - load.failedActions);
    this.#failed += seconds * load.failedActions;
  }

  /** In ms, as Prometheus would compute it from the buckets of the present load; NaN while nothing passes. */
  get screeningP99(): number {
    return this.load.screenings === 0 ? NaN : this.#screening.quantileOf(this.load.screeningLatency, 0.99);
  }

  get reasoningP95(): number {
    return this.load.questions === 0 ? NaN : this.#reasoning.quantileOf(this.load.reasoningLatency, 0.95);
  }

  get medianConfidence(): number {
    return this.load.screenings === 0 ? NaN : this.#confidence.quantileOf(this.load.confidence, 0.5);
  }

  metrics(): readonly Metric[] {
    return [...this.screeningMetrics(), ...this.reasoningMetrics(), ...this.actionMetrics(), ...this.reportingMetrics()];
  }

  /** What Prometheus would record of them. */
  recorded(): readonly Series[] {
    const { load } = this;
    const one = (name: string, value: number, labels: Series['labels'] = {}): Series => ({ name, labels, value });
    return [
      one('safety:screening_duration_ms:p99', this.screeningP99),
      one('safety:screenings:rate', load.screenings),
      one('safety:screening_confidence:median', this.medianConfidence),
      one('safety:reasoning_duration_ms:p95', this.reasoningP95),
      one('safety:llm_timeouts:rate', load.timeouts, { provider: 'primary' }),
      one('safety:llm_timeouts:rate', 0, { provider: 'fallback' }),
      one('safety:actions_failed:rate', load.failedActions),
    ];
  }

  screeningMetrics(): readonly Metric[] {
    return [
      histogram('safety_screening_duration_ms', 'Time to screen one message, in ms.', this.#screening),
      histogram('safety_screening_confidence', 'How sure the model was of its verdict.', this.#confidence),
    ];
  }

  reasoningMetrics(): readonly Metric[] {
    return [
      histogram('safety_reasoning_duration_ms', 'Time to reason about one case, in ms.', this.#reasoning),
      counter('safety_llm_timeout_total', 'Questions to a provider that were not answered in time.', [
        [{ provider: 'primary' }, this.#timeouts],
        [{ provider: 'fallback' }, 0],
      ]),
    ];
  }

  actionMetrics(): readonly Metric[] {
    return [
      counter('safety_action_total', 'Actions carried out.', [[{}, this.#done]]),
      counter('safety_action_failed_total', 'Actions that failed.', [[{}, this.#failed]]),
    ];
  }

  reportingMetrics(): readonly Metric[] {
    return [gauge('safety_false_positive_rate', 'Share of verdicts that reviewers overturned.', [[{}, this.load.falsePositives]])];
  }
}
