import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderParams } from '../../../src/rule/render.ts';
import { alertWith, firstRule, oneRule, positive } from './shapes.ts';

const remediation = readFileSync(new URL('../../../remediations/scale-to-demand.yaml', import.meta.url), 'utf8');

/** The count that the shipped formula asks for. */
function replicasAt(rps: number, given = ''): unknown {
  const call = `{ remediation: scale-to-demand, with: { namespace: ns, name: web, query: up, latencyMs: 70 ${given} } }`;
  const rule = firstRule({ rules: oneRule(`ladder: [ ${call} ]\n${positive}`), remediation });
  const [rung] = rule.ladder;
  if (rung === undefined) throw new Error('there is no rung');
  const scope = { alert: alertWith({}), alerts: [], values: { rps } };
  return rung.steps[0]?.render({ ...scope, params: renderParams(rung, scope) })['replicas'];
}

describe('the capacity formula', () => {
  // The table of the guardrails platform: requests/s = 1000 / latency in ms × pods.
  it.each([
    [14, 1],
    [50, 4],
    [100, 7],
    [1000, 70],
  ])('at 70 ms, %i requests a second need %i pods', (rps, pods) => {
    expect(replicasAt(rps, ', spikes: 1, most: 100')).toEqual({ atLeast: pods });
  });

  it('doubles for spikes, and stays within its bounds whatever the query says', () => {
    expect(replicasAt(50)).toEqual({ atLeast: 7 });
    expect(replicasAt(0)).toEqual({ atLeast: 1 });
    expect(replicasAt(1e9)).toEqual({ atLeast: 20 });
    expect(replicasAt(-5)).toEqual({ atLeast: 1 });
  });
});
