import { describe, expect, it } from 'vitest';
import { readTestFile } from '../../../src/testing/read-test-file.ts';
import { simulate } from '../../../src/testing/simulate.ts';
import { worldOf } from '../../../src/testing/world-text.ts';
import { writeTests } from '../../support/testing/run-test-text.ts';

const tests = `
  - name: helps, is taken back, comes again and meets the cooldown
    timeline:
      - { at: 2m, fire: slow }
      - { at: 5m, resolve: slow }
      - { at: 14m, change: [{ kind: Deployment, namespace: shop, name: web, merge: { spec: { replicas: 2 } } }], fire: slow }
    until: 50m
    expect: {}
  - name: does not help and nobody is there
    metrics: { 'latency{app="web"}': 0.3 }
    timeline: [{ at: 0s, fire: slow }, { at: 30m, acknowledge: { by: ann } }]
    until: 1h
    expect: {}
  - name: held, paused, lost
    timeline:
      - { at: 0s, fire: database, delivered: false }
      - { at: 10s, fire: slow, delivered: false }
      - { at: 6m, resolve: database }
      - { at: 7m, pause: { by: ann, reason: x, for: 3m } }
      - { at: 12m, resolve: slow, delivered: false }
    until: 40m
    expect: {}`;

describe('passing over turns in which nothing is due', () => {
  const written = writeTests({ tests });
  const { loaded, problems } = readTestFile(written.path, {});
  written.remove();

  it.each([0, 1, 2])('comes to the same as taking every turn (%i)', async (index) => {
    expect(problems).toEqual([]);
    const one = loaded?.tests[index];
    if (loaded === undefined || one === undefined) throw new Error('there is no such test');
    const parts = { config: loaded.config, rulebook: loaded.rulebook, text: worldOf(loaded.file, one.test), test: one.test };
    const [quick, slow] = [await simulate(parts), await simulate({ ...parts, takesEveryTurn: true })];
    const told = ({ outcome, failures }: typeof quick) => ({
      runs: outcome.runs.map(({ view }) => view),
      calls: outcome.calls.map(({ at, isHandled, message: { title } }) => ({ at, isHandled, title })),
      requests: outcome.requests,
      failures,
    });
    expect(told(quick)).toEqual(told(slow));
    expect(quick.outcome.runs.length).toBeGreaterThan(0);
  });
});
