import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { realClock } from '../../../src/sandbox/clock.ts';
import { createKubernetesApi } from '../../../src/sandbox/kubernetes/api.ts';
import { createCluster } from '../../../src/sandbox/kubernetes/cluster.ts';
import { listen } from '../../../src/sandbox/listen.ts';

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

let home = '';
let next = 0;
const cluster = createCluster({ clock: realClock(30), ids: () => `00000000-0000-4000-8000-${String((next += 1)).padStart(12, '0')}` });
const api = createKubernetesApi(cluster);
let server: Awaited<ReturnType<typeof listen>>;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'fixpoint-kubectl-'));
  server = await listen(api.handle);
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'registry.example/web:1' }] } };
  cluster.create({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template },
  });
});

afterAll(async () => {
  await server.close();
  cluster.close();
  await rm(home, { recursive: true });
});

function kubectl(...args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'], HOME: home }, timeout: 20_000 };
    execFile('kubectl', ['--server', server.url, '--cache-dir', home, '--namespace', 'shop', ...args], options, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code ?? 1), stdout, stderr });
    });
  });
}

describe('kubectl against the simulated cluster', () => {
  it('waits for a rollout, scales and lists', async () => {
    expect(await kubectl('rollout', 'status', 'deployment/web', '--timeout=15s')).toMatchObject({ exitCode: 0, stderr: '' });
    expect((await kubectl('scale', 'deployment/web', '--replicas=4')).stdout).toBe('deployment.apps/web scaled\n');
    expect(await kubectl('rollout', 'status', 'deployment/web', '--timeout=15s')).toMatchObject({ exitCode: 0 });
    const { stdout } = await kubectl('get', 'deployments', '--all-namespaces', '--no-headers');
    expect(stdout.split(/\s+/).slice(0, 5)).toEqual(['shop', 'web', '4/4', '4', '4']);
  });

  it('restarts, shows the history, and undoes', async () => {
    expect((await kubectl('rollout', 'restart', 'deployment/web')).stdout).toBe('deployment.apps/web restarted\n');
    expect(await kubectl('rollout', 'status', 'deployment/web', '--timeout=15s')).toMatchObject({ exitCode: 0 });
    const { stdout } = await kubectl('get', 'deployment', 'web', '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      metadata: { annotations: { 'deployment.kubernetes.io/revision': '2' } },
      status: { readyReplicas: 4 },
    });
    expect((await kubectl('rollout', 'undo', 'deployment/web')).stdout).toBe('deployment.apps/web rolled back\n');
    expect(await kubectl('rollout', 'status', 'deployment/web', '--timeout=15s')).toMatchObject({ exitCode: 0 });
    expect((await kubectl('rollout', 'history', 'deployment/web')).stdout).toMatch(/REVISION[^]*\n2 [^]*\n3 /);
  });

  it('shows logs and says in its own words what is missing', async () => {
    const pod = cluster.list('Pod', 'shop')[0]?.metadata.name ?? '';
    expect((await kubectl('logs', pod, '--tail=2')).stdout.trim().split('\n')).toHaveLength(2);
    const missing = await kubectl('get', 'deployment', 'nope');
    expect(missing).toMatchObject({ exitCode: 1, stderr: 'Error from server (NotFound): deployments.apps "nope" not found\n' });
  });

  it('watches pods come and go', async () => {
    const watching = kubectl('get', 'pods', '--watch', '--no-headers', '--request-timeout=3s');
    const pod = cluster.list('Pod', 'shop')[0]?.metadata.name ?? '';
    await vi.waitFor(
      () => expect(api.requests.entries(/^GET .*\/pods$/).map(({ query }) => query)).toContainEqual(expect.stringContaining('watch=')),
      10_000,
    );
    expect((await kubectl('delete', 'pod', pod, '--wait=false')).exitCode).toBe(0);
    expect((await watching).stdout).toMatch(new RegExp(`${pod}[^\\n]*Terminating`));
  });
});
