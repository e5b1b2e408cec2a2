import { describe, expect, it } from 'vitest';
import { checks } from '../../../src/checks/catalogue.ts';
import type { CheckContext } from '../../../src/checks/check.ts';
import type { Evidence, Standing } from '../../../src/ports/evidence.ts';
import type { HttpAnswer, HttpReader } from '../../../src/ports/http-client.ts';
import { FakeCluster } from '../../support/actions/fake-cluster.ts';
import type { Json } from '../../../src/value/json.ts';
import { evaluate, problemsOf } from './context.ts';

interface GivenStep {
  readonly target?: string;
  readonly intent?: Json;
  readonly output?: Json;
  readonly effect?: string;
}

function rungOf(...steps: GivenStep[]): CheckContext['rung'] {
  return { steps: steps.map((step, index) => ({ id: `s${index}`, ...step })) } as unknown as CheckContext['rung'];
}

describe('rolloutComplete', () => {
  const target = 'kubernetes/default/app/deployment.apps/web';
  const done = { observedGeneration: 2, replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };

  async function verdictOf(status: Json, ...steps: GivenStep[]) {
    const kubernetes = new FakeCluster();
    kubernetes.put({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: 'app', name: 'web' },
      spec: { replicas: 3 },
      status,
    });
    return await evaluate('rolloutComplete', {}, { kubernetes, rung: rungOf(...steps) });
  }

  it('passes for the generation that our apply was answered with', async () => {
    expect(await verdictOf(done, { target, output: { generation: 2 } })).toMatchObject({
      verdict: 'passed',
      reason: '1 workload is rolled out',
    });
  });

  it('passes for the object that was changed, and says of another one under its name that it is another', async () => {
    const step = { target, output: { generation: 2 } };
    expect(await verdictOf(done, { ...step, intent: { uid: 'uid-1' } })).toMatchObject({ verdict: 'passed' });
    // As after the world was made anew: its generation is less than that of the change.
    expect(await verdictOf({ ...done, observedGeneration: 1 }, { ...step, intent: { uid: 'uid-0' } })).toMatchObject({
      verdict: 'failed',
      reason: 'Deployment web is another object by now (uid uid-1, not uid-0): it was deleted and made anew since it was changed',
    });
    expect(await verdictOf(done, { ...step, intent: { uid: 'uid-0' } })).toMatchObject({ verdict: 'failed' });
  });

  it('asks nothing of a step that only reads, whatever it read', async () => {
    const reading = { effect: 'read', output: { generation: 7 } };
    expect(await verdictOf(done, reading, { effect: 'converge', target, output: { generation: 2 } })).toMatchObject({
      verdict: 'passed',
      reason: '1 workload is rolled out',
    });
    expect(await verdictOf(done, reading)).toMatchObject({ verdict: 'inconclusive', reason: 'no step of the rung has changed a workload' });
  });

  it.each([
    ['an older generation', { ...done, observedGeneration: 1 }, 'Deployment web: the controller has not seen the change yet'],
    [
      'pods that are ready but not yet available',
      { ...done, availableReplicas: undefined },
      'Deployment web: 0 of 3 replicas are available',
    ],
    ['old pods', { ...done, updatedReplicas: 1 }, 'Deployment web: 1 of 3 replicas are updated'],
    ['pods too many', { ...done, replicas: 4 }, 'Deployment web: 1 old replicas are still there'],
    [
      'a rollout that is stuck',
      { ...done, conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'stuck' }] },
      'Deployment web: stuck',
    ],
  ])('fails with %s', async (_name, status, reason) => {
    expect(await verdictOf(JSON.parse(JSON.stringify(status)) as Json, { target, output: { generation: 2 } })).toMatchObject({
      verdict: 'failed',
      reason,
    });
  });

  it.each([
    ['no step that changed a workload', []],
    ['a step without output', [{ target }]],
    ['a step with an unknown target', [{ output: { generation: 2 } }]],
    ['a step on another kind', [{ target: 'kubernetes/default/app/configmap/web', output: { generation: 2 } }]],
    [
      'such a step beside a good one',
      [
        { target, output: { generation: 2 } },
        { target: 'http/a:80', output: { generation: 2 } },
      ],
    ],
  ])('%s is no evidence', async (_name, steps) => {
    expect(await verdictOf(done, ...steps)).toMatchObject({ verdict: 'inconclusive' });
  });

  it('throws where the workload is gone, which is no evidence either', async () => {
    await expect(
      verdictOf(done, { target: 'kubernetes/default/app/deployment.apps/other', output: { generation: 2 } }),
    ).rejects.toMatchObject({ code: 'kubernetes.not-found' });
  });
});

describe('http', () => {
  async function verdictOf(params: object, ...answers: Partial<HttpAnswer>[]) {
    let asked = 0;
    const http: HttpReader = {
      endpointsOf: () => undefined,
      targetOf: () => 'http/app:80',
      read: () =>
        Promise.resolve({
          status: 200,
          headers: {},
          body: 'all is well',
          truncated: false,
          ...answers[Math.min(asked++, answers.length - 1)],
        }),
    };
    return { ...(await evaluate('http', { connection: 'app', path: '/health', ...params }, { http })), asked };
  }

  it('passes after several good answers in a row', async () => {
    expect(await verdictOf({}, {})).toMatchObject({
      verdict: 'passed',
      asked: 3,
      reason: 'GET /health on app answered 200, 3 times in a row',
    });
    expect(await verdictOf({ times: 5, contains: 'well' }, {})).toMatchObject({ verdict: 'passed', asked: 5 });
  });

  it('fails at the first bad answer', async () => {
    expect(await verdictOf({}, {}, {}, { status: 503 })).toMatchObject({
      verdict: 'failed',
      asked: 3,
      reason: 'GET /health on app: HTTP 503, expected 200',
    });
    expect(await verdictOf({ contains: 'sick' }, {})).toMatchObject({ verdict: 'failed', asked: 1 });
    expect(await verdictOf({ status: 404 }, {})).toMatchObject({ verdict: 'failed' });
  });

  it('reads what the JSON of an answer has, of which a text can be a part by chance', async () => {
    const json = { '/status': 'healthy' };
    const body = JSON.stringify({ status: 'unhealthy', parts: { database: 'healthy' } });
    expect(await verdictOf({ json }, { body: '{"status":"healthy"}' })).toMatchObject({ verdict: 'passed', asked: 3 });
    expect(await verdictOf({ contains: 'healthy' }, { body })).toMatchObject({ verdict: 'passed' });
    expect(await verdictOf({ json }, { body })).toMatchObject({
      verdict: 'failed',
      asked: 1,
      reason: 'GET /health on app: /status is not "healthy"',
    });
    expect(await verdictOf({ json }, { body: 'healthy' })).toMatchObject({
      verdict: 'failed',
      reason: 'GET /health on app: the answer is not JSON',
    });
  });

  it.each([
    { path: '//evil' },
    { path: '/..' },
    { path: '/..%2fx' },
    { path: 'x' },
    { path: '/a\r\nb' },
    { times: 0 },
    { json: { status: 'healthy' } },
    { times: 1000 },
    { status: 99 },
    { connection: '' },
    { url: 'x' },
  ])('%j is refused', (change) => {
    expect(problemsOf('http', { connection: 'app', path: '/health', ...change })).not.toEqual([]);
  });
});

describe('alertResolved', () => {
  async function verdictOf(standing: Standing, kind: 'api' | 'receipt' = 'api') {
    const evidence: Evidence = {
      sources: () => ['main'],
      kindOf: () => kind,
      standing: () => Promise.resolve(standing),
      anyFires: () => Promise.resolve(false),
      placeOf: () => undefined,
      upSince: () => Promise.resolve(undefined),
      listed: () => Promise.resolve([]),
      firing: () => Promise.resolve([]),
    };
    return (await evaluate('alertResolved', {}, { evidence })).verdict;
  }

  it('passes when the source no longer has the alert', async () => expect(await verdictOf({ standing: 'absent' })).toBe('passed'));

  it('fails while it fires, and while it is only silent', async () => {
    expect(await verdictOf({ standing: 'firing' })).toBe('failed');
    expect(await verdictOf({ standing: 'suppressed', by: 'silence x' })).toBe('failed');
  });

  it('cannot say where the source cannot be asked', async () =>
    expect(await verdictOf({ standing: 'absent' }, 'receipt')).toBe('inconclusive'));
});

describe('the catalogue', () => {
  it('says which checks are positive evidence', () => {
    expect([...checks.values()].map(({ name, positive }) => [name, positive])).toEqual([
      ['promql', true],
      ['rolloutComplete', true],
      ['http', true],
      ['alertResolved', false],
    ]);
  });
});
