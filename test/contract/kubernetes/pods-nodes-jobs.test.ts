import { describe, expect, it } from 'vitest';
import type { Action } from '../../../src/actions/action.ts';
import { actions } from '../../../src/actions/catalogue.ts';
import type { Json } from '../../../src/value/json.ts';
import { contextOf } from '../../support/actions/world.ts';
import { clientOf, failureOf, signal } from './client.ts';
import { transcript, type Exchange } from './recording.ts';
import { replay, type Answer, type Asked, type Replay } from './replay.ts';

const evictions = transcript('10-').exchanges;
const cordons = transcript('11-').exchanges;
const jobs = transcript('12-').exchanges;

const at = (exchanges: readonly Exchange[], index: number) => exchanges[index] as Exchange;
const pod = { cluster: 'default', apiVersion: 'v1', kind: 'Pod', namespace: 't10', name: 'web-ccdc697cd-4wls9' };
const uid = 'f0141c62-9169-4ff1-bad5-bb12821c129a';

function contextFor(api: Replay) {
  const { reader, writer } = clientOf(api.url);
  return contextOf({ kubernetes: { ...reader, ...writer } });
}

function action(name: string): Action {
  return actions.get(name) as unknown as Action;
}

/** Method, path, content type and body as recorded. */
function expectRecorded(asked: Asked | undefined, { request }: Exchange, body: unknown = request.body): void {
  expect([asked?.method, asked?.path]).toEqual([request.method, request.path]);
  if (request.headers['content-type'] !== undefined) expect(asked?.headers['content-type']).toBe(request.headers['content-type']);
  expect(asked?.body).toEqual(body);
}

describe('an eviction', () => {
  it('is the recorded request, with the uid as its precondition', async () => {
    await using api = await replay(() => at(evictions, 7).response);
    await clientOf(api.url).writer.evict({ ...pod, uid }, signal());
    expectRecorded(api.asked[0], at(evictions, 7));
  });

  it.each([
    [12, { code: 'kubernetes.budget-spent', retryable: true }, 'The disruption budget web needs 2 healthy pods and has 2 currently'],
    [20, { code: 'kubernetes.budget-spent', retryable: true }, 'The disruption budget web needs 1 healthy pods and has 1 currently'],
    [21, { code: 'kubernetes.invalid', retryable: false }, 'more than one PodDisruptionBudget'],
    [4, { code: 'kubernetes.conflict', retryable: true }, 'the UID in the precondition'],
    [6, { code: 'kubernetes.invalid', retryable: false }, 'name in URL does not match'],
    [10, { code: 'kubernetes.not-found', retryable: false }, 'not found'],
  ] as const)('answered as in exchange %i is %j', async (index, wanted, words) => {
    await using api = await replay(() => at(evictions, index).response);
    const error = await failureOf(clientOf(api.url).writer.evict({ ...pod, uid }, signal()));
    expect(error).toMatchObject(wanted);
    expect(error.message).toContain(words);
  });

  it('needs a permission, and is not sent without', async () => {
    await using api = await replay(() => 'silence');
    const { writer } = clientOf(api.url, () => Promise.reject(new Error('paused')));
    await expect(writer.evict({ ...pod, uid }, signal())).rejects.toThrow('paused');
    await expect(writer.delete({ ...pod, uid }, signal())).rejects.toThrow('paused');
    const request = { cluster: 'default', namespace: 'a', pod: 'b', container: 'c', argv: ['x'], timeoutMs: 1, mostBytes: 1 };
    await expect(writer.exec(request, signal())).rejects.toThrow('paused');
    expect(api.asked).toEqual([]);
  });
});

describe('a deletion', () => {
  it('has the uid as its precondition, which is answered as recorded', async () => {
    await using api = await replay(() => at(evictions, 22).response);
    const refused = await failureOf(clientOf(api.url).writer.delete({ ...pod, name: 'web-ccdc697cd-ggxjt', uid: 'other' }, signal()));
    expect(refused.code).toBe('kubernetes.conflict');
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: 'other' }, propagationPolicy: 'Background' };
    expectRecorded(api.asked[0], at(evictions, 22), body);
  });
});

describe('cordon and uncordon', () => {
  it.each([
    ['kubernetes.cordon', 0, 2],
    ['kubernetes.uncordon', 3, 12],
  ])('%s sends the recorded patch with the uid in it', async (name, look, change) => {
    const answer = ({ method }: Asked): Answer => at(cordons, method === 'GET' ? look : change).response;
    await using api = await replay(answer);
    const context = contextFor(api);
    const { intent } = await action(name).plan({ cluster: 'default', node: 'fake-node-1' }, { ...context, step: 's' });
    await action(name).apply(intent, context);
    const { metadata } = at(cordons, look).response.body as { metadata: { uid: string } };
    const asked = api.asked.find(({ method }) => method === 'PATCH');
    expectRecorded(asked, at(cordons, change), { metadata: { uid: metadata.uid }, ...(at(cordons, change).request.body as object) });
    expect(asked?.query).toEqual({ fieldManager: 'fixpoint' });
  });
});

describe('drain', () => {
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'u', controller: true };

  it('asks for the pods of the node as recorded, and evicts each by its uid', async () => {
    const answer = ({ method, path, query }: Asked): Answer => {
      if (path.endsWith('/nodes/fake-node-1')) return at(cordons, method === 'GET' ? 16 : 15).response;
      if (path === '/api/v1/pods') return at(cordons, 22).response;
      if (path.endsWith('/poddisruptionbudgets')) return { status: 200, headers: {}, body: { items: [] } };
      if (path.includes('/replicasets/')) return { status: 200, headers: {}, body: { metadata: { name: 'rs', ownerReferences: [owner] } } };
      if (method === 'POST') return at(cordons, 23).response;
      expect(query).toEqual({});
      const gone = evicted.has(path);
      return gone ? at(cordons, 29).response : { ...at(cordons, 26).response, body: podAt(path) };
    };
    const items = (at(cordons, 22).response.body as { items: { metadata: { name: string } }[] }).items;
    const podAt = (path: string) => items.find(({ metadata }) => path.endsWith(`/${metadata.name}`)) ?? null;
    const evicted = new Set<string>();
    await using api = await replay((asked) => {
      const given = answer(asked);
      if (asked.path.endsWith('/eviction')) evicted.add(asked.path.replace('/eviction', ''));
      return given;
    });
    const context = contextFor(api);
    const params = action('kubernetes.drain').params.parse({ node: 'fake-node-1' });
    const { intent, changes, affects } = await action('kubernetes.drain').plan(params, { ...context, step: 's' });
    expect(changes).toHaveLength(items.length);
    expect(affects?.filter((name) => !name.includes('/pod/'))).toEqual(['kubernetes/default/t11/deployment.apps/web']);
    expect(api.asked.filter(({ path }) => path.includes('/replicasets/'))).toHaveLength(1);
    expect(await action('kubernetes.drain').apply(intent, context)).toEqual({ evicted: items.length, gone: items.length });
    expect(api.asked.find(({ path }) => path === '/api/v1/pods')?.query).toEqual({ fieldSelector: 'spec.nodeName=fake-node-1' });
    expect(evicted.size).toBe(items.length);
  });
});

describe('a Job from a CronJob', () => {
  const wish = { cluster: 'default', namespace: 't12', cronJob: 'backup' };
  const planned = async (api: Replay) => {
    const context = contextFor(api);
    const params = action('kubernetes.runJob').params.parse(wish);
    return { context, plan: await action('kubernetes.runJob').plan(params, { ...context, step: 's' }) };
  };
  const missing = at(jobs, 12).response;
  /** The recorded Job as our run would have made it. */
  const ours = (index: number): Answer => {
    const { body, ...response } = at(jobs, index).response;
    const { metadata, ...job } = body as { metadata: { annotations?: object } };
    return {
      ...response,
      body: { ...job, metadata: { ...metadata, annotations: { ...metadata.annotations, 'fixpoint.dev/run': 'run-1' } } },
    };
  };

  it('is the recorded body, under a name of ours', async () => {
    await using api = await replay(({ method, path }) =>
      path.includes('/cronjobs/') ? at(jobs, 14).response : method === 'GET' ? missing : ours(3),
    );
    const { context, plan } = await planned(api);
    await action('kubernetes.runJob').apply(plan.intent, context);
    const asked = api.asked.find(({ method }) => method === 'POST');
    const recorded = at(jobs, 3).request.body as { metadata: { name: string; annotations: object }; spec: { template: object } };
    const sent = asked?.body as typeof recorded;
    expectRecorded(asked, at(jobs, 3), sent);
    expect(sent.metadata).toEqual({
      ...recorded.metadata,
      name: sent.metadata.name,
      annotations: { ...recorded.metadata.annotations, 'fixpoint.dev/run': 'run-1' },
    });
    expect(sent.spec).toMatchObject(recorded.spec);
  });

  it('that is there already (409) is the Job we wanted', async () => {
    let looks = 0;
    await using api = await replay(({ method, path }) => {
      if (path.includes('/cronjobs/')) return at(jobs, 14).response;
      if (method === 'POST') return path.endsWith('/jobs') ? at(jobs, 4).response : at(jobs, 3).response;
      looks += 1;
      return looks === 1 ? missing : ours(5);
    });
    const { context, plan } = await planned(api);
    const { uid: found } = (at(jobs, 5).response.body as { metadata: { uid: string } }).metadata;
    expect(await action('kubernetes.runJob').apply(plan.intent, context)).toMatchObject({ uid: found });
  });

  it.each([
    [5, { settled: true }],
    [8, { settled: 'failed', reason: expect.stringContaining('backoff limit') as string }],
    [10, { settled: 'failed', reason: expect.stringContaining('deadline') as string }],
    [3, { settled: false }],
    [12, { settled: 'failed', reason: expect.stringContaining('nobody knows') as string }],
  ])('in the state of exchange %i', async (index, settled) => {
    await using api = await replay(({ path }) =>
      path.includes('/cronjobs/')
        ? at(jobs, 14).response
        : path.endsWith('/pods')
          ? { status: 200, headers: {}, body: { items: [] } }
          : at(jobs, index).response,
    );
    const { context, plan } = await planned(api);
    const body = at(jobs, index).response.body as { metadata?: { uid?: string } };
    const output: Json = { job: 'x', uid: body.metadata?.uid ?? '' };
    expect(await action('kubernetes.runJob').settled?.(plan.intent, { ...context, output })).toMatchObject(settled);
  });
});
