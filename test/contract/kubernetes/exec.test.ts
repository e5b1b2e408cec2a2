import { afterEach, describe, expect, it } from 'vitest';
import type { ExecRequest } from '../../../src/ports/kubernetes.ts';
import { realClock } from '../../../src/sandbox/clock.ts';
import { createKubernetesApi } from '../../../src/sandbox/kubernetes/api.ts';
import { createCluster, type ClusterOptions } from '../../../src/sandbox/kubernetes/cluster.ts';
import { listen } from '../../../src/sandbox/listen.ts';
import { clientOf, failureOf, signal } from './client.ts';
import { replay } from './replay.ts';

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

/** A sandbox with the pod `app/web`, and the adapter on it. */
async function sandboxWith(podExec: ClusterOptions['podExec'], permit?: () => Promise<void>) {
  let made = 0;
  const ids = () => `00000000-0000-4000-8000-${String(made++).padStart(12, '0')}`;
  const cluster = createCluster({ clock: realClock(50), ids, ...(podExec === undefined ? {} : { podExec }) });
  cleanUps.push(() => cluster.close());
  const spec = { containers: [{ name: 'main', image: 'registry.example/web:1' }] };
  cluster.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'app' }, spec });
  const api = createKubernetesApi(cluster);
  const server = await listen(api.handle);
  cleanUps.push(() => server.close());
  return { ...clientOf(server.url, permit), api };
}

const wish: ExecRequest = {
  cluster: 'default',
  namespace: 'app',
  pod: 'web',
  container: 'main',
  argv: ['redis-cli', 'a b', '$(id)', '&x=1'],
  timeoutMs: 5000,
  mostBytes: 100,
};

describe('a command in a pod', () => {
  it('gets its arguments whole, and answers with code and output', async () => {
    const seen: unknown[] = [];
    const { writer, api } = await sandboxWith((pod, container, argv) => {
      seen.push([pod.metadata.name, container, argv]);
      return { exitCode: 0, stdout: 'Grüße\n', stderr: 'warning\n' };
    });
    expect(await writer.exec(wish, signal())).toEqual({ exitCode: 0, stdout: 'Grüße\n', stderr: 'warning\n', truncated: false });
    expect(seen).toEqual([['web', 'main', wish.argv]]);
    const path = '/api/v1/namespaces/app/pods/web/exec';
    expect(api.requests.entries(/exec/)).toMatchObject([
      { method: 'GET', path, status: 400 },
      { method: 'GET', path, status: 101 },
    ]);
  });

  it('tells its exit code', async () => {
    const { writer } = await sandboxWith(() => ({ exitCode: 137, stderr: 'killed' }));
    expect(await writer.exec(wish, signal())).toMatchObject({ exitCode: 137, stderr: 'killed' });
  });

  it('has its output cut, at a bound for each', async () => {
    const { writer } = await sandboxWith(() => ({ exitCode: 0, stdout: 'x'.repeat(200_000), stderr: 'y'.repeat(99) }));
    expect(await writer.exec(wish, signal())).toEqual({ exitCode: 0, stdout: 'x'.repeat(100), stderr: 'y'.repeat(99), truncated: true });
  });

  it('whose connection dies has an unknown end', async () => {
    const { writer } = await sandboxWith(() => 'cut');
    expect(await failureOf(writer.exec(wish, signal()))).toMatchObject({ code: 'kubernetes.unavailable', retryable: true });
  });

  it('that says nothing ends at its own time', async () => {
    const { writer } = await sandboxWith(() => 'silence');
    expect(await failureOf(writer.exec({ ...wish, timeoutMs: 200 }, signal()))).toMatchObject({ code: 'timeout' });
  });

  it('whose pod is asked about for too long is not begun', async () => {
    await using api = await replay(() => 'silence');
    const { writer } = clientOf(api.url);
    expect(await failureOf(writer.exec({ ...wish, timeoutMs: 200 }, signal()))).toMatchObject({ code: 'timeout' });
    expect(api.asked).toHaveLength(1);
  });

  it('ends when the step is stopped', async () => {
    const { writer } = await sandboxWith(() => 'silence');
    const stop = new AbortController();
    const running = writer.exec(wish, stop.signal);
    setImmediate(() => stop.abort(new Error('stopped by ann')));
    await expect(running).rejects.toThrow('stopped by ann');
  });

  it('is begun only with more lease left than it may take', async () => {
    const needed: unknown[] = [];
    const { reader: _reader, writer } = await sandboxWith(undefined, ((ms: number) =>
      Promise.resolve(void needed.push(ms))) as () => Promise<void>);
    await writer.exec(wish, signal());
    expect(needed).toEqual([5000]);
  });

  it('in a pod that is not there was never begun', async () => {
    const { writer } = await sandboxWith(undefined);
    const error = await failureOf(writer.exec({ ...wish, pod: 'gone' }, signal()));
    expect([error.code, error.retryable]).toEqual(['kubernetes.not-found', false]);
  });

  it.each(['../../kube-system/pods/etcd', 'a/b', 'a?b', '..', ''])('of the name %j is refused, unsent', async (pod) => {
    await using api = await replay(() => 'silence');
    const { writer } = clientOf(api.url);
    expect((await failureOf(writer.exec({ ...wish, pod }, signal()))).code).toBe('kubernetes.invalid');
    expect((await failureOf(writer.exec({ ...wish, namespace: pod }, signal()))).code).toBe('kubernetes.invalid');
    expect(api.asked).toEqual([]);
  });
});
