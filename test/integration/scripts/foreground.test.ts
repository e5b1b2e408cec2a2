import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startChild, type ChildProcess } from '../../support/child-process.ts';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { isAlive } from '../../support/is-alive.ts';
import { waitUntil } from '../../support/wait-until.ts';

const childModule = fileURLToPath(new URL('../../../scripts/setup/child.mjs', import.meta.url));

describe('running a program in the foreground', () => {
  let folder: TemporaryFolder;

  beforeEach(() => {
    folder = temporaryFolder();
    writeFileSync(
      join(folder.path, 'program.mjs'),
      `for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => { console.log('got ' + signal); if (signal !== 'SIGHUP') process.exit(7); });
       console.log('child ' + process.pid);
       setInterval(() => {}, 1000);`,
    );
  });

  afterEach(() => folder.remove());

  function start(program: readonly string[]): ChildProcess {
    const code = `import { runInForeground } from ${JSON.stringify(childModule)};
      process.exitCode = await runInForeground({ node: process.execPath, args: ${JSON.stringify(program)} });`;
    return startChild({ command: process.execPath, args: ['--input-type=module', '-e', code] });
  }
  async function startProgram(): Promise<{ launcher: ChildProcess; pid: number }> {
    const launcher = start([join(folder.path, 'program.mjs')]);
    const pid = await waitUntil(() => Number(/child (\d+)/.exec(launcher.output())?.[1] ?? 0), {
      describe: () => `it starts: ${launcher.output()}`,
    });
    return { launcher, pid };
  }

  it('ends with its exit code, and is not kept alive by the channel', async () => {
    expect(await start(['-e', 'process.exitCode = 3']).ended).toBe(3);
    expect(await start(['-e', 'setTimeout(() => {}, 50)']).ended).toBe(0);
  });

  it('ends like a shell when a signal ended it', async () => {
    expect(await start(['-e', "process.kill(process.pid, 'SIGKILL')"]).ended).toBe(137);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('passes %s on where there is no terminal, and waits for the end', async (signal) => {
    const { launcher } = await startProgram();

    launcher.signal(signal);

    expect(await launcher.ended).toBe(7);
    expect(launcher.output()).toContain(`got ${signal}`);
  });

  it('passes SIGHUP on as the wish to reload', async () => {
    const { launcher } = await startProgram();

    launcher.signal('SIGHUP');
    await waitUntil(() => launcher.output().includes('got SIGHUP'), { describe: 'the program gets SIGHUP' });

    expect(launcher.isRunning()).toBe(true);
    await launcher.stop();
  });

  it('asks the program to stop when the launcher is killed', async () => {
    const { launcher, pid } = await startProgram();

    await launcher.kill9();

    await waitUntil(() => !isAlive(pid), { describe: 'the program ends' });
    expect(launcher.output()).toContain('got SIGTERM');
  });
});
