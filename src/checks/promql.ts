import { z } from 'zod';
import { formatDuration } from '../value/duration.ts';
import { defineCheck } from './check.ts';
import { parseExpectation } from './expectation.ts';
import { Length, lengthOf } from './length.ts';
import { lookBackOf } from './look-back.ts';

const Params = z
  .strictObject({
    query: z.string().min(1).max(10_000).describe('An instant query.'),
    expect: z
      .string()
      .min(1)
      .max(1000)
      .describe('CEL over `value` (a double: write `1.0`, not `1`) and `labels`; every series has to meet it.'),
    window: Length.optional().describe(
      'How far back what it asks for looks; needed where the query shows no range itself, as over recording rules.',
    ),
    for: Length.default('0s').describe('How long it has to hold without a break.'),
    scrape: Length.default('15s').describe('How often the series are scraped.'),
    from: z.string().optional().describe('A Prometheus of `prometheus:` in fixpoint.yaml; else the one of the source.'),
  })
  .superRefine(({ query, expect, window }, context) => {
    try {
      parseExpectation(expect);
    } catch (error) {
      context.addIssue({ code: 'custom', path: ['expect'], message: error instanceof Error ? error.message : String(error) });
    }
    if (window === undefined && lookBackOf(query) === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['window'],
        message: 'is needed: the query shows no range such as [5m], so say how far back what it asks for looks',
      });
    }
  });

/** PromQL with data: at least one series, all finite, each sampled after effect + scrape interval + window, each meeting `expect`. */
export const promql = defineCheck<z.infer<typeof Params>>({
  name: 'promql',
  summary: 'A Prometheus query whose every series meets a condition.',
  positive: true,
  params: Params,
  holdFor: (params) => lengthOf(params.for),
  async evaluate({ query, expect, window, scrape, from }, { prometheus, source, effectAt, speed, signal }) {
    const samples = await prometheus.query(query, { source, signal, ...(from === undefined ? {} : { from }) });
    const [first] = samples;
    if (first === undefined) return { verdict: 'inconclusive', reason: 'the query returned no series' };
    const freshFrom = effectAt + (lengthOf(scrape) + (window === undefined ? (lookBackOf(query) ?? 0) : lengthOf(window))) / speed;
    const sampledAt = samples.reduce((oldest, sample) => Math.min(oldest, sample.at), first.at);
    if (sampledAt < freshFrom) {
      return {
        verdict: 'inconclusive',
        reason: `the oldest sample still looks back past the effect, by ${formatDuration(freshFrom - sampledAt)}`,
      };
    }
    const broken = samples.find((sample) => !Number.isFinite(sample.value));
    if (broken !== undefined) return { verdict: 'inconclusive', reason: `a series is ${broken.value}` };
    const expectation = parseExpectation(expect);
    const unmet = samples.find((sample) => !expectation.isMet(sample.value, sample.labels));
    const told = unmet ?? first;
    const reason = `value ${Number(told.value.toPrecision(4))}, expected ${expect}`;
    return { verdict: unmet === undefined ? 'passed' : 'failed', reason, sampledAt };
  },
});
