import { describe, expect, it } from 'vitest';
import { planOf } from '../../support/actions/world.ts';
import { transcript, type Exchange } from './recording.ts';
import { replay, type Answer } from './replay.ts';
import { contextFor, empty, exchange, ok } from './workload-server.ts';

describe('reading', () => {
  const at14 = (index: number) => exchange('14', index).response;

  it.each([
    [3, 'kubernetes.not-found', 'cluster default has no metrics API: metrics-server is not installed'],
    [12, 'kubernetes.unavailable', 'the metrics API of cluster default does not answer: is metrics-server running?'],
    [7, 'kubernetes.forbidden', 'pods.metrics.k8s.io is forbidden'],
  ] as const)('metrics answered as in exchange %i of 14 are %s', async (index, code, words) => {
    await using api = await replay(() => at14(index));
    await expect(planOf('kubernetes.top', { namespace: 't14', selector: 'app=web' }, contextFor(api))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words) as string,
    });
    expect(api.asked[0]).toMatchObject({ method: 'GET', path: exchange('14', 3).request.path, query: { labelSelector: 'app=web' } });
  });

  it('logs are asked for as recorded, and their errors are told', async () => {
    const recorded = transcript('13').exchanges.filter(({ request }) => request.path.endsWith('/log'));
    const good = recorded.find(({ response }) => response.status === 200 && response.body !== '') as Exchange;
    const [, , , , namespace = '', , pod = ''] = good.request.path.split('/');
    const found = { kind: 'Pod', metadata: { name: pod, uid: 'u' }, spec: { containers: [{ name: 'main' }] } };
    const answer = { response: good.response as Answer };
    await using api = await replay(({ path }) => (path.endsWith('/log') ? answer.response : ok(found)));
    const context = contextFor(api);
    const read = async () => (await planOf('kubernetes.logs', { namespace, pod, previous: true, since: 60, lines: 7 }, context)).output;
    expect(await read()).toMatchObject({ truncated: false });
    const asked = api.asked.at(-1);
    expect([asked?.method, asked?.path]).toEqual(['GET', good.request.path]);
    expect(asked?.query).toEqual({ container: 'main', tailLines: '7', limitBytes: '4194304', previous: 'true', sinceSeconds: '60' });
    const failures = recorded.filter(({ response }) => [400, 404, 422].includes(response.status));
    expect(failures.length).toBeGreaterThan(4);
    for (const { response } of failures) {
      answer.response = response;
      expect(await read()).toMatchObject({
        matched: 0,
        logs: [{ lines: [], error: expect.stringContaining(`HTTP ${response.status}`) as string }],
      });
    }
    answer.response = recorded.find(({ response }) => response.status === 204)?.response as Answer;
    expect(await read()).toMatchObject({ matched: 0, logs: [{ lines: [], error: null }] });
  });

  it('events of an object are asked for as recorded, and sorted whichever time they have', async () => {
    const scheduled = transcript('11').exchanges.find(
      ({ request, response }) => request.path.endsWith('/events') && JSON.stringify(response.body).includes('FailedScheduling'),
    ) as Exchange;
    await using api = await replay(() => scheduled.response);
    const [, , , , namespace = ''] = scheduled.request.path.split('/');
    const { output } = await planOf('kubernetes.events', { namespace, kind: 'Pod', name: 'web-1' }, contextFor(api));
    expect(api.asked[0]).toMatchObject({
      path: scheduled.request.path,
      query: { fieldSelector: 'involvedObject.kind=Pod,involvedObject.name=web-1' },
    });
    const told = (output as { events: { at: string; reason: string }[] }).events;
    expect(told.map(({ reason }) => reason)).toContain('FailedScheduling');
    for (const { at } of told) expect(Number.isNaN(Date.parse(at))).toBe(false);
  });

  it('every recorded workload has a status that can be told', async () => {
    const objects = ['02', '03-', '04-', '05-', '05b', '05c', '22'].flatMap((file) =>
      transcript(file).exchanges.filter(
        ({ request, response }) =>
          response.status === 200 &&
          request.method === 'GET' &&
          ['Deployment', 'StatefulSet', 'DaemonSet'].includes((response.body as { kind?: string } | null)?.kind ?? ''),
      ),
    );
    expect(objects.length).toBeGreaterThan(20);
    for (const { response } of objects) {
      const { kind, metadata } = response.body as { kind: string; metadata: { name: string; namespace: string } };
      await using api = await replay(({ path }) => (path.endsWith('/pods') ? empty : response));
      const { output } = await planOf(
        'kubernetes.rolloutStatus',
        { kind, namespace: metadata.namespace, name: metadata.name },
        contextFor(api),
      );
      const status = output as { complete: boolean; reason: string | null; ready: number; replicas: number };
      if (status.complete) expect(status.ready).toBe(status.replicas);
      else expect(status.reason).toMatch(/\S/);
    }
  });
});
