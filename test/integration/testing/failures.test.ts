import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixpoint } from '../../unit/cli/fake-service.ts';
import { writeTests, type TestTexts } from '../../support/testing/run-test-text.ts';

/** What `fixpoint test` prints of such tests; the folder is shown as `…`. */
async function printed(texts: TestTexts, ...args: string[]): Promise<{ code: number; out: string; err: string; folder: string }> {
  const written = writeTests(texts);
  try {
    const { code, out, err } = await fixpoint(['test', written.path, ...args]);
    const hidden = (text: string) => text.replaceAll(written.folder, '…');
    return { code, out: hidden(out), err: hidden(err), folder: written.folder };
  } finally {
    written.remove();
  }
}

const wrong = `
  - name: scales too far
    timeline: [{ at: 0s, fire: slow }]
    until: 5m
    expect:
      runs:
        - rule: slow
          phase: failed
          rungs:
            - remediation: scale
              changes: [{ target: web, what: spec.replicas, from: 2, to: 5 }]
          decisions: [{ guard: cooldown, decision: deny }]
      objects:
        - { kind: Deployment, namespace: shop, name: web, has: { spec: { replicas: 5 } } }
  - name: nothing is expected
    timeline: [{ at: 0s, fire: slow }]
    metrics: { 'latency{app="web"}': 0.3 }
    until: 9m
    expect: {}`;

describe('a failing test', () => {
  it('shows what was expected and what was got, where it is written, and the story of the run', async () => {
    const { code, out } = await printed({ tests: wrong });
    expect(code).toBe(1);
    const lines = out.split('\n');
    expect(lines.slice(0, lines.indexOf('')).join('\n')).toMatchInlineSnapshot(`
      "…/rules/tests/shop.yaml
        ✗ scales too far (5m, 1 run)
          …/rules/tests/shop.yaml:20:18: run 1 (slow): phase
            expected  failed
            got       succeeded: promql: value 0.05, expected value < 0.1
          …/rules/tests/shop.yaml:24:23: run 1 (slow): guard cooldown did not say so
            expected  deny
            got       allow, granted by the ledger
          …/rules/tests/shop.yaml:23:25: run 1 (slow): changes of scale: change 1
            expected  web spec.replicas: 2 → 5
            got       kubernetes/default/shop/deployment.apps/web spec.replicas: 2 → 4
          …/rules/tests/shop.yaml:26:84: Deployment shop/web, spec, replicas
            expected  5
            got       4"
    `);
    expect(out).toContain('    run t00000002-1  succeeded\n');
    expect(out).toMatch(/\n {6}09:00:00\.000 {2}applied {4}step scale, kubernetes\.scale on .*\n.*spec\.replicas: 2 → 4\n/);
    expect(out).toContain(`  ✗ nothing is expected (9m, 1 run)
    …/rules/tests/shop.yaml:31:13: run 1 is not expected`);
    expect(out).toMatch(/call 1 is not expected\n {6}got {7}at 5m4s, call, critical: Slow: slow failed on kubernetes.*did not help/);
    expect(lines.at(-1)).toBe('1 file, 2 tests: 0 passed, 2 failed');
  });

  it('is told as JSON and as JUnit XML', async () => {
    const written = writeTests({ tests: wrong });
    try {
      const report = join(written.folder, 'report.xml');
      const { code, out } = await fixpoint(['test', written.path, '--output', 'json', '--junit', report]);
      expect(code).toBe(1);
      expect(JSON.parse(out)).toMatchObject({
        passed: 0,
        failed: 2,
        errors: 0,
        files: [
          { tests: [{ name: 'scales too far', outcome: 'failed', simulated: 300_000, runs: 1, stories: [{ phase: 'succeeded' }] }, {}] },
        ],
        coverage: { rules: expect.arrayContaining([expect.objectContaining({ rule: 'slow', runs: 2 })]) as unknown },
      });
      const xml = readFileSync(report, 'utf8').replaceAll(written.folder, '…');
      expect(xml).toContain('<testsuite name="…/rules/tests/shop.yaml" tests="2" failures="2" errors="0">');
      expect(xml).toContain('<failure message="run 1 (slow): phase">');
      expect(xml).toContain('  expected failed\n');
    } finally {
      written.remove();
    }
  });

  it('is told all the same where its report cannot be written', async () => {
    const { code, out, err } = await printed({ tests: wrong }, '--junit', '/nowhere/report.xml');
    expect(code).toBe(2);
    expect(out).toContain('0 passed, 2 failed');
    expect(err).toContain('--junit /nowhere/report.xml cannot be written: ENOENT');
  });

  it('gives the same bytes twice', async () => {
    const written = writeTests({ tests: wrong });
    try {
      const [first, second] = [await fixpoint(['test', written.path, '--coverage']), await fixpoint(['test', written.path, '--coverage'])];
      expect(second.out).toBe(first.out);
    } finally {
      written.remove();
    }
  });
});

describe('coverage', () => {
  const passing = `
  - name: helps
    timeline: [{ at: 0s, fire: slow }]
    until: 5m
    expect: { runs: [{ rule: slow, phase: succeeded, changes: [{ to: 4 }] }] }`;

  it('says what tests have seen and what not', async () => {
    const { code, out } = await printed({ tests: passing }, '--coverage');
    expect(code).toBe(0);
    expect(out).toContain(`
  ✓ slow: 1 run
    ✓ rung 1 scale: succeeded
    · guard stillFiring: allow
    · guard holdWhile: allow
    · guard cooldown: allow`);
    expect(out).toContain(`
  · asks: 0 runs
    · rung 1 close-breaker: never tried
    · guard approval: never asked`);
  });

  it('below the threshold is a failure', async () => {
    const { code, out, err } = await printed({ tests: passing }, '--coverage-threshold', '50');
    expect(code).toBe(1);
    expect(out).toContain('1 passed, 0 failed');
    expect(err).toMatch(/^coverage is \d+(\.\d)? %, below 50 %$/);
    expect((await printed({ tests: passing }, '--coverage-threshold', '1')).code).toBe(0);
    expect(await printed({ tests: passing }, '--coverage-threshold', 'half')).toMatchObject({
      code: 2,
      err: expect.stringContaining('a number from 0 to 100') as string,
    });
  });
});
