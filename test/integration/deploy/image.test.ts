import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChild, type ChildProcess } from '../../support/child-process.ts';
import { buildRoot, makeReadOnly, makeWritable, type BuiltRoot } from '../../support/deploy/build-root.ts';
import { pairsOf, readDockerfile } from '../../support/deploy/dockerfile.ts';
import { freePort } from '../../support/free-port.ts';
import { startRedis, type RedisServer } from '../../support/redis.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

const root = new URL('../../../', import.meta.url).pathname;
const stages = readDockerfile(join(root, 'Dockerfile'));
const image = stages.at(-1);
const instruction = (name: string) => image?.instructions.filter((one) => one.name === name) ?? [];

describe('the Dockerfile', () => {
  it('takes Node 24 slim, builds nothing, and needs no shell', () => {
    expect(stages.map(({ from }) => from)).toEqual(['node:24-slim', 'node:24-slim']);
    for (const name of ['RUN', 'ENTRYPOINT', 'CMD', 'HEALTHCHECK'])
      for (const { words, text } of instruction(name)) expect(words, text).toBeDefined();
    const install = stages[0]?.instructions.find(({ name }) => name === 'RUN')?.words;
    expect(install).toEqual(expect.arrayContaining(['npm', 'ci', '--omit=dev', '--ignore-scripts']));
  });

  it('runs as a user that is not root, from before the cache is filled', () => {
    const names = image?.instructions.map(({ name, text }) => (name === 'RUN' ? text : `${name} ${text}`)) ?? [];
    const user = names.indexOf('USER node');
    expect(user).toBeGreaterThan(0);
    expect(names.findIndex((text) => text.includes('import('))).toBeGreaterThan(user);
    expect(names.filter((text) => text.startsWith('USER '))).toHaveLength(1);
  });

  it('says what it is', () => {
    expect(Object.keys(pairsOf(instruction('LABEL')[0]?.text ?? ''))).toEqual(
      expect.arrayContaining([
        'org.opencontainers.image.title',
        'org.opencontainers.image.description',
        'org.opencontainers.image.licenses',
      ]),
    );
  });
});

describe('what its steps make, with a root file system that is read-only', { timeout: 120_000 }, () => {
  const folder = temporaryFolder();
  let built: BuiltRoot;
  let redis: RedisServer;
  let child: ChildProcess;
  let url: string;
  let before: string;

  const tree = () => spawnSync('find', [built.at('/app'), '-printf', '%p %T@ %s\n'], { encoding: 'utf8', maxBuffer: 2 ** 28 }).stdout;
  const environment = () => ({ PATH: process.env['PATH'], ...built.environment });

  beforeAll(async () => {
    // Whom the service runs as has to get there.
    spawnSync('chmod', ['755', folder.path]);
    built = buildRoot(stages, { context: root, folder: folder.path });
    makeReadOnly(built.at('/app'));
    before = tree();
    redis = await startRedis({ persist: true });
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const configuration = join(folder.path, 'fixpoint.yaml');
    writeFileSync(configuration, 'clusters: { default: { server: "http://127.0.0.1:9" } }\nlimits: { mode: plan }\n');
    const [program, ...args] = [...(instruction('ENTRYPOINT')[0]?.words ?? []), ...(instruction('CMD')[0]?.words ?? [])];
    expect(program).toBe('node');
    mkdirSync(join(folder.path, 'elsewhere'));
    child = startChild({
      command: process.execPath,
      args: args.map((word) => built.mapped(word)),
      cwd: built.at('/app'),
      env: {
        ...environment(),
        FIXPOINT_LISTEN: `127.0.0.1:${port}`,
        FIXPOINT_REDIS: redis.url,
        FIXPOINT_CONFIG: configuration,
        NODE_DEBUG_NATIVE: 'COMPILE_CACHE',
      },
      ...(built.user === undefined ? {} : { user: built.user }),
    });
    await waitUntil(async () => !child.isRunning() || (await fetch(`${url}/-/ready`)).ok, {
      timeoutMs: 30_000,
      describe: () => `the service to be ready; it wrote:\n${child.output().slice(-4000)}`,
    });
    expect(child.isRunning(), child.output()).toBe(true);
  }, 120_000);

  afterAll(async () => {
    await child?.stop();
    await redis?.stop();
    if (built !== undefined) makeWritable(built.at('/app'));
    folder.remove();
  });

  async function healthCheck(): Promise<number> {
    const [program = '', ...args] = instruction('HEALTHCHECK')[0]?.words ?? [];
    expect(program).toBe('node');
    return await promisify(execFile)(
      process.execPath,
      args.map((word) => word.replace('http://127.0.0.1:8080', url)),
    ).then(
      () => 0,
      (error: { code: number }) => error.code,
    );
  }

  it('runs with the packages for production alone, as somebody who may write its data and nothing else', async () => {
    expect(readdirSync(built.at('/app/node_modules'))).not.toEqual(expect.arrayContaining(['vitest']));
    expect(readdirSync(built.at('/app')).toSorted()).toEqual([
      '.compile-cache',
      'node_modules',
      'package.json',
      'remediations',
      'rules',
      'src',
    ]);
    const status = await promisify(execFile)('ps', ['-o', 'uid=', '-p', String(child.pid)]);
    if (process.getuid?.() === 0) expect(Number(status.stdout)).not.toBe(0);
    expect(readdirSync(built.at('/data'))).toContain('history.db');
  });

  it('takes a webhook, and says that it is healthy', async () => {
    const body = JSON.stringify({
      version: '4',
      alerts: [{ status: 'firing', labels: { alertname: 'HighLatencyP99', severity: 'critical', platform: 'llm-guardrails' } }],
    });
    const answer = await fetch(`${url}/api/v1/webhook`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(answer.status).toBe(202);
    const runs = async () => ((await (await fetch(`${url}/api/v1/runs`)).json()) as { runs: readonly { rule: string }[] }).runs;
    await waitUntil(async () => (await runs()).some(({ rule }) => rule === 'guardrails-high-latency'), {
      describe: () => 'the run of a shipped rule',
    });
    expect(await healthCheck()).toBe(0);
  });

  it('reads the compile cache that was filled for its user', () => {
    const accepted = child.output().match(/cache for .*\/src\/app\/service\.ts.*(?:was|is) accepted/g) ?? [];
    expect(accepted.length).toBeGreaterThan(0);
  });

  it('ends in good order on SIGTERM, with nothing changed but its data', async () => {
    child.signal('SIGTERM');
    expect(await child.ended).toBe(0);
    expect(await healthCheck()).toBe(1);
    expect(tree()).toBe(before);
    expect(child.output()).not.toMatch(/EACCES|EROFS|EPERM/);
  });
});
