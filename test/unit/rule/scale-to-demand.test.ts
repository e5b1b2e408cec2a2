import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { shapes } from '../../../src/app/shapes.ts';
import { loadRulebook } from '../../../src/rule/load.ts';
import { renderParams } from '../../../src/rule/render.ts';
import { shippedRules } from '../../support/shipped-rules.ts';
import { alertWith, oneRule, positive } from './shapes.ts';

const remediation = readFileSync(new URL('../../../remediations/scale-to-demand.yaml', import.meta.url), 'utf8');

/** The count that the shipped formula asks for. */
function replicasAt(rps: number, given = ''): unknown {
  const call = `{ remediation: scale-to-demand, with: { namespace: ns, name: web, query: up, latencyMs: 70 ${given} } }`;
  const { rulebook, problems } = loadRulebook({
    rules: [{ file: 'rules/a.yaml', text: oneRule(`ladder: [ ${call} ]\n${positive}`) }],
    remediations: [{ file: 'remediations/scale-to-demand.yaml', text: remediation }],
    shapes: shapes(),
  });
  const rung = rulebook?.rules[0]?.ladder[0];
  if (rung === undefined) throw new Error(JSON.stringify(problems));
  const scope = { alert: alertWith({}), alerts: [], values: { rps } };
  return rung.steps.find(({ id }) => id === 'scale')?.render({ ...scope, params: renderParams(rung, scope) })['replicas'];
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
    expect(replicasAt(14, ', least: 6')).toEqual({ atLeast: 6 });
    expect(replicasAt(80, ', least: 6')).toEqual({ atLeast: 12 });
    expect(replicasAt(80, ', least: 6, most: 4')).toEqual({ atLeast: 4 });
  });

  it.each([
    [14, 6],
    [50, 7],
    [100, 14],
    [1000, 70],
  ])('as the shipped rule asks for it, at %i requests a second, is %i pods: doubled, at least 6, at most 70', (rps, pods) => {
    const rule = shippedRules().find(({ name }) => name === 'guardrails-high-latency');
    const rung = rule?.ladder.find(({ remediation: name }) => name === 'scale-to-demand');
    if (rung === undefined) throw new Error('there is no such rung');
    const scope = { alert: alertWith({ platform: 'llm-guardrails' }), alerts: [], values: { rps } };
    const scale = rung.steps.find(({ id }) => id === 'scale');
    expect(scale?.render({ ...scope, params: renderParams(rung, scope) })['replicas']).toEqual({ atLeast: pods });
  });
});
