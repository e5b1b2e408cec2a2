import { afterEach, describe, expect, it } from 'vitest';
import { RunSummary, RunView } from '../../../src/api/run-view.ts';
import { FixpointError } from '../../../src/errors.ts';
import { addRun, aRun, buildApi, closeApis, get, post } from './api-fixture.ts';

afterEach(closeApis);

const start = 1_700_000_000_000;

describe('runs', () => {
  it('are listed by pages, newest first, in the documented form', async () => {
    const api = buildApi();
    for (const index of [1, 2, 3]) await addRun(api, aRun({ id: `i${index}-1`, at: start + index, rule: index === 2 ? 'r2' : 'r1' }));
    const first = (await get(api, '/api/v1/runs?limit=2')).json();
    const second = (await get(api, `/api/v1/runs?limit=2&cursor=${first.next}`)).json();

    expect([...first.runs, ...second.runs].map(({ id }) => id)).toEqual(['i3-1', 'i2-1', 'i1-1']);
    expect(second.next).toBeNull();
    expect(RunSummary.parse(first.runs[0])).toMatchObject({
      kind: 'remediation',
      mode: 'approve',
      createdAt: new Date(start + 3).toISOString(),
      finishedAt: null,
    });
  });

  it('are listed with what a list has room for of long texts, and have them whole by themselves', async () => {
    const api = buildApi();
    const long = 'x'.repeat(1_000_000);
    const run = aRun();
    await addRun(api, {
      ...run,
      subject: long,
      reason: long,
      alert: { ...run.alert, labels: { dump: long }, annotations: { dump: long } },
    });
    const list = await get(api, '/api/v1/runs');
    const [listed] = list.json().runs;
    const cut = `${'x'.repeat(499)}…`;

    expect(list.body.length).toBeLessThan(5000);
    expect(listed).toMatchObject({ subject: cut, reason: cut, alert: { labels: { dump: cut }, annotations: { dump: cut } } });
    expect((await get(api, `/api/v1/runs/${run.id}`)).json()).toMatchObject({ subject: long, alert: { labels: { dump: long } } });
  });

  it('are filtered by phase, rule, subject and time', async () => {
    const api = buildApi();
    await addRun(api, aRun({ id: 'i1-1', at: start - 7_200_000 }));
    await addRun(api, aRun({ id: 'i2-1', rule: 'r2', subject: 'redis/cache', phase: 'queued' }));
    const ids = async (query: string) => (await get(api, `/api/v1/runs?${query}`)).json().runs.map(({ id }: { id: string }) => id);

    expect(await ids('rule=r2')).toEqual(['i2-1']);
    expect(await ids('subject=redis/cache')).toEqual(['i2-1']);
    expect(await ids('since=1h')).toEqual(['i2-1']);
    expect(await ids(`since=${new Date(start - 8_000_000).toISOString()}`)).toEqual(['i2-1', 'i1-1']);
    expect(await ids('phase=succeeded')).toEqual([]);
  });

  it('refuses a query with every problem and the nearest words', async () => {
    const response = await get(buildApi(), '/api/v1/runs?phse=failed&phase=faild&limit=0&since=yesterday');
    const { code, problems } = response.json();

    expect([response.statusCode, code]).toEqual([400, 'request.malformed']);
    expect(problems).toHaveLength(4);
    expect(problems.join('\n')).toMatch(
      /did you mean failed\?[\s\S]*did you mean phase\?|did you mean phase\?[\s\S]*did you mean failed\?/,
    );
    expect((await get(buildApi(), '/api/v1/runs?cursor=nonsense')).statusCode).toBe(400);
    expect((await get(buildApi(), '/api/v1/runs?rule=a&rule=b')).statusCode).toBe(400);
  });

  it('are shown in full, without what is for the engine only', async () => {
    const api = buildApi();
    await addRun(api, aRun());
    const response = await get(api, '/api/v1/runs/i1-1');
    const run = RunView.parse(response.json());

    expect(run.rungs[0]?.steps[0]).toMatchObject({
      target: 'kubernetes/default/shop/deployment.apps/web',
      changes: [{ what: 'spec.replicas', from: 2, to: 6 }],
      error: null,
    });
    expect(run.rungs[0]?.verdicts[0]).toMatchObject({ check: 'promql', verdict: 'inconclusive', reason: 'no data' });
    expect(run.decisions).toEqual([
      { guard: 'paused', decision: 'allow', reason: 'nothing is paused', at: new Date(start).toISOString(), count: 1, until: null },
    ]);
    expect(run.approval).toMatchObject({ plan: 'p', answer: null });
    expect(response.body).not.toContain('secretPlan');
    expect((await get(api, '/api/v1/runs/nope')).json()).toMatchObject({ status: 404, code: 'run.unknown' });
  });

  it('are acted on by people, who have to say why they stop one', async () => {
    const api = buildApi();
    await addRun(api, aRun());
    const act = async (kind: string, body: unknown) => (await post(api, `/api/v1/runs/i1-1/${kind}`, { body })).statusCode;

    expect([
      await act('approve', {}),
      await act('deny', { reason: 'not now' }),
      await act('cancel', { reason: 'stop' }),
      await act('acknowledge', { reason: '' }),
    ]).toEqual([202, 202, 202, 202]);
    expect([
      await act('deny', {}),
      await act('cancel', { reason: '  ' }),
      await act('approve', { reasn: 'x' }),
      await act('approve', []),
    ]).toEqual([400, 400, 400, 400]);
    expect(api.acts.map(({ kind, reason }) => [kind, reason])).toEqual([
      ['approve', ''],
      ['deny', 'not now'],
      ['cancel', 'stop'],
      ['acknowledge', ''],
    ]);
  });

  it('can be asked to take back what they changed, with a reason', async () => {
    const api = buildApi();
    expect((await post(api, '/api/v1/runs/i1-1/undo', { body: { reason: 'load has gone' } })).json()).toEqual({
      run: 'i1-1-undo-by-hand-1',
    });
    expect((await post(api, '/api/v1/runs/i1-1/undo', { body: {} })).statusCode).toBe(400);
    expect(api.acts.map(({ kind, reason }) => [kind, reason])).toEqual([['undo', 'load has gone']]);
  });

  it('answer conflicts as such', async () => {
    const conflict = new FixpointError('run.conflict', 'run i1-1 has ended already');
    const refusing = buildApi({
      operations: {
        act: () => Promise.reject(conflict),
        undo: () => Promise.reject(conflict),
        pauseLifted: () => Promise.reject(conflict),
        replay: () => Promise.reject(conflict),
        explain: () => Promise.reject(conflict),
        restore: () => Promise.reject(conflict),
        demotions: () => Promise.reject(conflict),
        reload: () => Promise.reject(conflict),
      },
    });

    expect((await post(refusing, '/api/v1/runs/i1-1/approve', { body: {} })).json()).toMatchObject({
      status: 409,
      code: 'run.conflict',
      detail: 'run i1-1 has ended already',
    });
  });
});
