import { jsonAnswer } from '../sandbox/answer.ts';
import type { SandboxHandler, SandboxRequest, SandboxResponse } from '../sandbox/listen.ts';
import { formatValue } from '../sandbox/patients/series.ts';
import { queryError } from '../sandbox/query/query-api.ts';
import { parseSelector, SelectorError, type LabelMatcher } from '../sandbox/query/selector.ts';
import type { MetricAnswer, MetricBook, SampleNow } from './metric-book.ts';
import type { SimulatedAlertmanager } from './simulated-alertmanager.ts';

export interface PrometheusParts {
  readonly metrics: MetricBook;
  readonly alertmanager: SimulatedAlertmanager;
  /** Ms since the epoch, and since the start. */
  readonly now: () => number;
  readonly elapsed: () => number;
  /** What the simulated platform answers, of which the test says nothing. */
  readonly platform: SandboxHandler;
  /** Called with a query to which the test says nothing. */
  readonly unanswered: (query: string) => void;
}

/** Prometheus as far as rules ask it: instant queries, and the alerts that fire. */
export function simulatedPrometheus(parts: PrometheusParts): SandboxHandler {
  return async (request, signal) => {
    switch (request.path) {
      case '/api/v1/query':
        return await answerQuery(parts, request, signal);
      case '/api/v1/alerts':
        return jsonAnswer(200, { status: 'success', data: { alerts: parts.alertmanager.ruleAlerts() } });
      default:
        return queryError(501, 'not_implemented', `a test does not answer ${request.path}`);
    }
  };
}

async function answerQuery(parts: PrometheusParts, request: SandboxRequest, signal: AbortSignal): Promise<SandboxResponse> {
  const query = new URLSearchParams(request.body).get('query') ?? request.query.get('query') ?? '';
  const exact = parts.metrics.exactly(query, parts.elapsed());
  if (exact !== undefined) return shown(parts, exact);
  // Samples are dated by themselves here, as a server without functions dates them.
  if (/^\s*timestamp\(/.test(query)) return queryError(501, 'not_implemented', 'samples have their own time here');
  const matchers = selectorOf(query);
  if (matchers === undefined) {
    parts.unanswered(query);
    return queryError(422, 'execution', 'the test gives no answer to this query: name its exact text under metrics');
  }
  const selected = parts.metrics.select(matchers, parts.elapsed());
  if (selected !== undefined) return shown(parts, selected);
  const answer = await parts.platform(request, signal);
  if ('body' in answer && /"result":\[\]/.test(answer.body)) parts.unanswered(query);
  return answer;
}

function shown({ now }: PrometheusParts, answer: NonNullable<MetricAnswer>): SandboxResponse {
  if ('error' in answer) return queryError(422, 'execution', answer.error);
  const result = answer.samples.map(({ labels, value }: SampleNow) => ({ metric: labels, value: [now() / 1000, formatValue(value)] }));
  return jsonAnswer(200, { status: 'success', data: { resultType: 'vector', result } });
}

function selectorOf(query: string): readonly LabelMatcher[] | undefined {
  try {
    return parseSelector(query);
  } catch (error) {
    if (error instanceof SelectorError) return undefined;
    throw error;
  }
}
