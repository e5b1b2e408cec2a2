import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChild } from '../support/child-process.ts';
import { freePort } from '../support/free-port.ts';
import { startPostgres, type PostgresServer } from '../support/postgres.ts';
import { waitUntil } from '../support/wait-until.ts';
import { ApiClient, hasEnded, type RunView } from './api-client.ts';
import { replicas, startSeparatePlatform, subjectOf, type SeparatePlatform } from './separate-platform.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Answer {
  readonly runs: readonly { readonly id: string }[];
  readonly history: string;
}

async function endOf(platform: SeparatePlatform, name: string): Promise<RunView> {
  let last = 'no run yet';
  return await waitUntil(
    async () => {
      const [run] = await platform.runsOn(name);
      if (run !== undefined) last = `${run.phase}: ${run.reason}`;
      return run !== undefined && hasEnded(run) ? run : undefined;
    },
    { timeoutMs: 40_000, intervalMs: 100, describe: () => `the run of ${name} to end; it is ${last}` },
  );
}

async function answerOf(port: number, name: string): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/runs?subject=${encodeURIComponent(subjectOf(name))}`);
  return (await response.json()) as Answer;
}

/** As Redis drops runs that are old. */
async function dropRuns(url: string): Promise<void> {
  const client = new Redis(url);
  const keys = (await client.keys('{fixpoint}:run*')).filter((key) => !key.endsWith('wake'));
  if (keys.length > 0) await client.del(keys);
  client.disconnect();
}

/** A frozen PostgreSQL is its sessions, too: they are processes of their own. */
function childrenOf(pid: number): readonly number[] {
  return execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
    .trim()
    .split(/\s+/)
    .map(Number);
}

async function lagOf(port: number): Promise<string | undefined> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return /^fixpoint_journal_lag_seconds (.+)$/m.exec(text)?.[1];
}

/** A second service beside the one under test, on another port. */
async function startBeside(platform: SeparatePlatform, port: number) {
  const args = platform.serveArgs.map((argument) => (argument === `127.0.0.1:${platform.port}` ? `127.0.0.1:${port}` : argument));
  return startChild({ command: process.execPath, args, cwd: root });
}

describe('history in a file', { timeout: 90_000 }, () => {
  let platform: SeparatePlatform;

  beforeAll(async () => {
    platform = await startSeparatePlatform();
  }, 60_000);

  afterAll(async () => {
    await platform.stop();
  });

  it('tells a run that Redis has dropped, in the list and in full, and the command line shows it', async () => {
    await platform.makeDeployment('old');
    await platform.alert('old');
    const { id } = await endOf(platform, 'old');
    await waitUntil(async () => (await lagOf(platform.port)) === '0', { describe: 'history to have it all' });
    await dropRuns(platform.redis.url);
    expect(await answerOf(platform.port, 'old')).toMatchObject({ runs: [{ id }], history: 'available', gaps: [] });
    const server = `http://127.0.0.1:${platform.port}`;
    const { stdout } = await promisify(execFile)(process.execPath, ['src/main.ts', 'runs', id, '--server', server], { cwd: root });
    expect(stdout).toContain(`spec.replicas: ${replicas.before} → ${replicas.after}`);
    expect(stdout).toMatch(/verdict +rolloutComplete passed/);
    expect(existsSync(join(platform.folder, 'data', 'history.db'))).toBe(true);
  });

  it('is for one process: another on the same Redis is refused, and says what to do', async () => {
    const second = await startBeside(platform, await freePort());
    try {
      expect(await second.ended).not.toBe(0);
      expect(second.output()).toContain('replica.conflict');
      expect(second.output()).toMatch(/history in SQLite is for one process.*set history\.postgres/);
      expect((await platform.service()).isRunning()).toBe(true);
    } finally {
      await second.stop();
    }
  });

  it('shows that Redis was emptied: nothing is changed from then on, and a person is called', async () => {
    await platform.makeDeployment('frozen');
    const client = new Redis(platform.redis.url);
    await client.flushall();
    client.disconnect();
    const api = new ApiClient(`http://127.0.0.1:${platform.port}`);
    await waitUntil(
      async () => {
        const { pauses } = await api.get<{ pauses: { by: string; scope: { kind: string } }[] }>('/api/v1/pauses');
        return pauses.some(({ by, scope }) => by === 'fixpoint' && scope.kind === 'global');
      },
      { describe: 'everything to be paused' },
    );
    await platform.alert('frozen');
    await waitUntil(async () => (await platform.runsOn('frozen'))[0]?.phase === 'waiting', { describe: 'the run to wait' });
    expect(await platform.effectsOn('frozen')).toEqual([]);
    await waitUntil(async () => (await platform.service()).output().includes('Redis has lost writes, effects are frozen'), {
      describe: 'the log to say so',
    });
    await waitUntil(async () => (await platform.pagesOn('fixpoint/redis')).length === 1, { describe: 'a person to be called' });
    expect(await answerOf(platform.port, 'old')).toMatchObject({ runs: [{ phase: 'succeeded' }], gaps: [{ cause: 'lost' }] });
  });
});

describe('history in PostgreSQL', { timeout: 120_000 }, () => {
  let postgres: PostgresServer;
  let platform: SeparatePlatform;

  beforeAll(async () => {
    postgres = await startPostgres();
    platform = await startSeparatePlatform({ reconfigure: (text) => `${text}history: { postgres: { url: '${postgres.url}' } }\n` });
  }, 90_000);

  afterAll(async () => {
    await platform.stop();
    await postgres.stop();
  });

  it('is for several processes, and each tells what Redis has dropped', async () => {
    const port = await freePort();
    const second = await startBeside(platform, port);
    try {
      await waitUntil(async () => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok, {
        timeoutMs: 20_000,
        describe: () => `the second to answer; it wrote:\n${second.output()}`,
      });
      await platform.makeDeployment('shared');
      await platform.alert('shared');
      const { id } = await endOf(platform, 'shared');
      for (const one of [platform.port, port])
        await waitUntil(async () => (await lagOf(one)) === '0', { describe: 'history to have it all' });
      await dropRuns(platform.redis.url);
      for (const one of [platform.port, port])
        expect(await answerOf(one, 'shared')).toMatchObject({ runs: [{ id, phase: 'succeeded' }], history: 'available' });
    } finally {
      await second.stop();
    }
  });

  it('killed in the middle of things holds nothing up, and has it all when it is back', async () => {
    await platform.makeDeployment('meanwhile');
    await postgres.kill9();
    await platform.alert('meanwhile');
    const { id } = await endOf(platform, 'meanwhile');
    expect(await answerOf(platform.port, 'meanwhile')).toMatchObject({ runs: [{ id, phase: 'succeeded' }], history: 'unavailable' });
    expect(Number(await lagOf(platform.port))).toBeGreaterThan(0);
    await postgres.restart();
    await waitUntil(async () => (await lagOf(platform.port)) === '0', { timeoutMs: 30_000, describe: 'history to have it all' });
    await dropRuns(platform.redis.url);
    expect(await answerOf(platform.port, 'meanwhile')).toMatchObject({ runs: [{ id, phase: 'succeeded' }], history: 'available' });
  });

  it('frozen with all its sessions holds nothing up, neither an answer nor the stop, and has it all when it goes on', async () => {
    await platform.makeDeployment('frozen-out');
    const sessions = childrenOf(postgres.pid);
    postgres.freeze();
    for (const pid of sessions) process.kill(pid, 'SIGSTOP');
    try {
      await platform.alert('frozen-out');
      const { id } = await endOf(platform, 'frozen-out');
      await waitUntil(async () => (await answerOf(platform.port, 'frozen-out')).history === 'unavailable', {
        describe: 'the answer to do without history',
      });
      expect(await answerOf(platform.port, 'frozen-out')).toMatchObject({ runs: [{ id, phase: 'succeeded' }] });
      const service = await platform.service();
      service.signal('SIGTERM');
      await waitUntil(() => !service.isRunning(), { timeoutMs: 30_000, describe: () => `the service to stop:\n${service.output()}` });
    } finally {
      for (const pid of sessions) process.kill(pid, 'SIGCONT');
      postgres.thaw();
    }
    await (await platform.service()).restart();
    await waitUntil(async () => (await lagOf(platform.port)) === '0', { timeoutMs: 30_000, describe: 'history to have it all' });
    await dropRuns(platform.redis.url);
    expect(await answerOf(platform.port, 'frozen-out')).toMatchObject({ runs: [{ phase: 'succeeded' }], history: 'available' });
  });
});
