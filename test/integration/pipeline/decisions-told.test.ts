import { expect, it } from 'vitest';
import type { Log } from '../../../src/ports/log.ts';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig, quietMetrics } from '../../support/pipeline-rig.ts';

const minute = 60_000;

it('every decision of a guard is one line of the log and one count: those that hold up or deny for everybody, those that allow for who looks closer', async () => {
  const lines: { level: string; rule: unknown; guard: unknown; decision: unknown; reason: unknown; runId: unknown }[] = [];
  const counted: string[] = [];
  const at = (level: string) => (data: object, message: string) => {
    if (message === 'guard decided') lines.push({ level, ...(data as Omit<(typeof lines)[number], 'level'>) });
  };
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const metrics = { ...quietMetrics, decision: (...parts: readonly string[]) => void counted.push(parts.join(' ')) };
  const rules = rulesFile(slowRule({ guards: '{ rate: 1/5m }' }));
  const rig = new PipelineRig({ rules, engine: { log, metrics } });
  rig.prometheus = () => [{ labels: {}, at: rig.clock.now(), value: 1 }];
  rig.world.onEffect = () => Promise.resolve(rig.world.set('web', 2));
  await rig.send([{ fingerprint: 'a1' }]);
  await rig.untilEnded();
  // Others are always quicker.
  const { peek, acquire } = rig.ledger;
  rig.ledger.peek = async (request) => {
    const rate = { kind: 'rate' as const, key: `rate/rule/slow/${5 * minute}`, rate: { count: 1, window: 5 * minute } };
    await acquire({ run: `other-${rig.clock.now()}`, fence: 1, claims: [rate] });
    return await peek(request);
  };
  await rig.clock.advance(30 * minute);

  expect(lines.map(({ rule, guard, decision }) => [rule, guard, decision].join(' '))).toEqual(counted);
  const runs = await rig.runs();
  for (const { level, decision, reason, runId } of lines) {
    expect(level).toBe(decision === 'allow' ? 'debug' : 'info');
    expect(reason).toEqual(expect.stringMatching(/./));
    expect(runs.map(({ id }) => id)).toContain(runId);
  }
  // The denials that are counted on a run instead of making one are told too.
  const [denied] = runs;
  const count = denied?.decisions.find(({ guard, decision }) => guard === 'rate' && decision === 'deny')?.count ?? 0;
  expect([denied?.phase, count > 1]).toEqual(['denied', true]);
  expect(lines.filter(({ guard, decision }) => guard === 'rate' && decision === 'deny')).toHaveLength(count);
});
