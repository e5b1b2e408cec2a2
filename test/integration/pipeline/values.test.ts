import { expect, it } from 'vitest';
import { rulesFile, slowRule } from '../../support/pipeline/rules.ts';
import { PipelineRig } from '../../support/pipeline-rig.ts';

it("a remediation's values may use its parameters, and those the rule's values", async () => {
  const more = "values: { twice: { promql: 'twice' } }";
  const ladder = "[{ remediation: scale-by, with: { query: 'demand{of=\"web\"}', factor: '${values.twice}' } }]";
  const rig = new PipelineRig({ rules: rulesFile(slowRule({ ladder, more })) });
  const asked: string[] = [];
  const prometheus = {
    query: (query: string) => {
      asked.push(query);
      const value = query === 'twice' ? 2 : query.startsWith('demand') ? 2.5 : rig.world.replicas('web') >= 5 ? 0 : 1;
      return Promise.resolve([{ labels: {}, at: rig.clock.now(), value }]);
    },
  };
  Object.assign(rig.engine, { prometheus });
  await rig.send([{ fingerprint: 'a1' }]);
  const run = await rig.untilEnded();

  expect([run.phase, run.reason]).toEqual(['succeeded', expect.stringContaining('promql')]);
  expect(asked.slice(0, 2)).toEqual(['twice', 'demand{of="web"}']);
  expect(run.rungs[0]).toMatchObject({ params: { factor: 2 }, values: { twice: 2, wanted: 2.5 } });
  expect(rig.world.replicas('web')).toBe(5);
});
