import { z } from 'zod';
import { defineCheck } from './check.ts';

const Params = z.strictObject({});

/** Supporting evidence only: an alert also goes when its exporter dies or Prometheus stops sending. */
export const alertResolved = defineCheck<z.infer<typeof Params>>({
  name: 'alertResolved',
  summary: 'The source no longer has the alert firing. Never enough by itself.',
  positive: false,
  params: Params,
  holdFor: () => 0,
  async evaluate(_params, { evidence, alert, source, now, signal }) {
    if (evidence.kindOf(source) === 'receipt')
      return { verdict: 'inconclusive', reason: `source ${source} cannot be asked (evidence: receipt)` };
    const { standing } = await evidence.standing(alert, signal);
    if (standing === 'absent') return { verdict: 'passed', reason: 'the source no longer has it', sampledAt: now };
    return { verdict: 'failed', reason: `the source still has it ${standing}`, sampledAt: now };
  },
});
