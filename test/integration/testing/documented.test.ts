import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runTests } from '../../../src/testing/run-tests.ts';
import { writeTests } from '../../support/testing/run-test-text.ts';

const root = new URL('../../../', import.meta.url).pathname;
const examples = Array.from(readFileSync(`${root}docs/testing-rules.md`, 'utf8').matchAll(/```yaml\n([^]*?)```/g), ([, text = '']) => text);
const [first = '', change = '', twin = ''] = examples;

async function report(text: string) {
  const tests = text
    .replace('../llm-guardrails.yaml', `${root}rules/llm-guardrails.yaml`)
    .replace(/^platform/m, `remediations: ${root}remediations\nplatform`);
  const written = writeTests({ tests });
  try {
    return await runTests([written.path], {});
  } finally {
    written.remove();
  }
}

describe('the first test of docs/testing-rules.md', () => {
  it('fails as it is said to', async () => {
    const { files, failed } = await report(first);
    expect(failed).toBe(1);
    expect(files[0]?.tests[0]?.failures).toEqual([
      {
        line: 15,
        column: 11,
        message: 'run 1 (guardrails-high-latency): it changed what the test does not name under changes',
        got: 'kubernetes/default/guardrails-platform/deployment.apps/model-prompt-guard spec.replicas: 3 → 12',
        run: 't00000002-1',
      },
    ]);
  });

  it('passes once the change is named, and so does its twin', async () => {
    expect(await report(`${first}${change}\n${twin}`)).toMatchObject({ passed: 2, failed: 0, errors: 0 });
  });
});
