import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { startChild, type ChildProcess } from '../support/child-process.ts';
import { waitUntil } from '../support/wait-until.ts';
import { fixpoint } from '../unit/cli/fake-service.ts';

/** Without Prometheus and Alertmanager it is quick; with them it is played in test/load. */
const args = ['sandbox', '--platform', 'llm-guardrails', '--fault', 'high-latency', '--simulated', '--speed', '100'];
const root = fileURLToPath(new URL('../../', import.meta.url));

interface Told {
  readonly events: readonly { readonly kind: string; readonly text?: string; readonly entry?: { readonly type: string } }[];
  readonly runs: readonly { readonly link: string; readonly phase: string; readonly rungs: readonly object[] }[];
  readonly milliseconds: { readonly toAlert: number; readonly toAction: number; readonly toEnd: number };
}

describe('fixpoint sandbox --platform', { timeout: 120_000 }, () => {
  let child: ChildProcess | undefined;

  afterEach(async () => {
    await child?.kill9();
  });

  function play(...more: readonly string[]): ChildProcess {
    child = startChild({ command: process.execPath, args: ['src/main.ts', ...args, ...more], cwd: root, env: process.env });
    return child;
  }

  it('tells one live incident from its cause to its end', async () => {
    const { code, out } = await fixpoint([...args, '--output', 'json'], { PATH: process.env['PATH'] ?? '' });
    const told = JSON.parse(out) as Told;
    expect(told).toMatchObject({
      platform: 'llm-guardrails',
      fault: 'high-latency',
      isStubborn: false,
      speed: 100,
      isReal: false,
      outcome: 'recovered',
      isAsItShould: true,
    });
    expect(code).toBe(0);
    const seen = told.events.map(({ kind, entry }) => entry?.type ?? kind);
    for (const kind of ['begin', 'fault', 'metric', 'alert', 'webhook', 'run-created', 'run-ended']) expect(seen).toContain(kind);
    expect(seen.indexOf('fault')).toBeLessThan(seen.indexOf('alert'));
    expect(told.runs).toEqual([expect.objectContaining({ phase: 'succeeded', rule: 'guardrails-high-latency' })]);
    const { toAlert, toAction, toEnd } = told.milliseconds;
    // Its `for` is five minutes.
    expect(toAlert).toBeGreaterThanOrEqual(3000);
    expect(toAction).toBeGreaterThanOrEqual(toAlert);
    expect(toEnd).toBeGreaterThan(toAction);
  });

  it('stays when it is asked to, and ends everything with Ctrl-C', async () => {
    const { output, signal, ended } = play('--stay');
    await waitUntil(() => output().includes('stays until Ctrl-C'), { timeoutMs: 60_000, describe: output });
    expect(output()).toMatch(/applied +step scale, kubernetes\.scale on/);
    expect(output()).toContain('As it should: the platform has recovered.');
    const url = /Fixpoint with \d+ rules on (http:\S+?),/.exec(output())?.[1] ?? '';
    expect((await fetch(`${url}/-/ready`)).ok).toBe(true);
    signal('SIGINT');
    expect(await ended).toBe(0);
    await expect(fetch(`${url}/-/ready`)).rejects.toThrow('fetch failed');
  });

  it('ends in good order when it is interrupted in the middle', async () => {
    const { output, signal, ended } = play();
    await waitUntil(() => output().includes('comes over llm-guardrails'), { timeoutMs: 60_000, describe: output });
    signal('SIGTERM');
    expect(await ended).toBe(1);
    expect(output()).toContain('SIGTERM: ending the game day');
    expect(output()).not.toMatch(/\n\s+at |Error:/);
  });
});
