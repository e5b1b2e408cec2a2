import { z } from 'zod';
import { isDnsLabel } from '../../value/name.ts';
import { defineAction } from '../action.ts';
import { naming } from '../parameter-use.ts';

const mostSeries = 100;

const Params = z.strictObject({
  query: naming(
    'promql',
    z.string().min(1).max(10_000).describe('An instant query; what comes from an alert goes in as `${promql(labels.x)}`.'),
  ),
  from: naming('prometheus', z.string().refine(isDnsLabel, 'must be the name of a Prometheus under `prometheus:` in fixpoint.yaml'))
    .optional()
    .describe('A Prometheus of `prometheus:` in fixpoint.yaml; else the one of the source.'),
});

/** Output: `{ count, value, series: [{ labels, value }] }`; `value` is the one series' own, null where there are none or several; NaN and infinities are null. */
export const query = defineAction<z.infer<typeof Params>, null>({
  name: 'prometheus.query',
  summary: 'Read the series of an instant query.',
  effect: 'read',
  params: Params,
  target: () => undefined,
  permissions: () => [],
  async plan({ query: text, from }, { prometheus, source, signal }) {
    const samples = await prometheus.query(text, { source, signal, ...(from === undefined ? {} : { from }) });
    const series = samples.slice(0, mostSeries).map(({ labels, value }) => ({ labels, value: Number.isFinite(value) ? value : null }));
    const output = { count: samples.length, value: samples.length === 1 ? (series[0]?.value ?? null) : null, series };
    return { intent: null, changes: [], output };
  },
  apply: () => Promise.resolve(null),
});
