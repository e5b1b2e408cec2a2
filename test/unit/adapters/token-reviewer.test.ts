import { describe, expect, it } from 'vitest';
import type { ApiRequest, ClusterApi } from '../../../src/adapters/kubernetes/connection.ts';
import { answerError } from '../../../src/adapters/kubernetes/api-error.ts';
import { TokenReviewer } from '../../../src/adapters/kubernetes/token-reviewer.ts';
import type { TokenReviewConfig } from '../../../src/config/config.ts';
import { codeOf, messageOf } from '../../../src/errors.ts';
import { ManualClock } from '../../../src/sandbox/clock.ts';
import { roleBasedAccess } from '../../../src/sandbox/kubernetes/access/access.ts';
import { tokenOfAccount } from '../../../src/sandbox/kubernetes/access/account-token.ts';
import { createKubernetesApi } from '../../../src/sandbox/kubernetes/api.ts';
import { createCluster } from '../../../src/sandbox/kubernetes/cluster.ts';

const grants: TokenReviewConfig['grants'] = [
  { user: 'system:serviceaccount:shop:deployer', role: 'operator', namespaces: ['shop'] },
  { group: 'system:serviceaccounts:monitoring', role: 'webhook' },
];
const calm = { signal: AbortSignal.timeout(60_000), isSuspect: false };

/** A reviewer that asks the sandbox's API, as the account that is named. */
class Reviewing {
  readonly clock = new ManualClock();
  readonly cluster = createCluster({ clock: this.clock, ids: counted() });
  readonly api = createKubernetesApi(this.cluster, { access: roleBasedAccess(this.cluster, new Map()) });
  readonly sent: ApiRequest[] = [];
  readonly reviewer: TokenReviewer;
  /** Instead of the API's own answer. */
  answer: (() => Promise<unknown>) | undefined;

  constructor({ as = 'fixpoint', audiences = ['fixpoint'] }: { as?: string; audiences?: string[] } = {}) {
    for (const [namespace, name] of [
      ['fixpoint', 'fixpoint'],
      ['fixpoint', 'powerless'],
      ['shop', 'deployer'],
      ['monitoring', 'am'],
      ['shop', 'web'],
    ] as const)
      this.cluster.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } });
    const rbac = 'rbac.authorization.k8s.io';
    const rules = [
      { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
      { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
    ];
    this.cluster.create({ apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name: 'ask' }, rules });
    const subjects = [{ kind: 'ServiceAccount', name: 'fixpoint', namespace: 'fixpoint' }];
    const roleRef = { apiGroup: rbac, kind: 'ClusterRole', name: 'ask' };
    this.cluster.create({ apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata: { name: 'ask' }, roleRef, subjects });
    const config = { cluster: 'default', audiences, grants };
    const cluster = { send: async (request: ApiRequest) => await this.#send(request, as) } as ClusterApi;
    this.reviewer = new TokenReviewer(config, { cluster, clock: this.clock });
  }

  async token(namespace: string, name: string, audience = 'fixpoint'): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const body = JSON.stringify({ spec: { audiences: [audience], expirationSeconds: 600 } });
    const answer = (await this.#ask({ method: 'POST', path, body, signal: calm.signal }, 'fixpoint')) as { status: { token: string } };
    return answer.status.token;
  }

  async outcome(token: string, isSuspect = false): Promise<unknown> {
    try {
      const identity = await this.reviewer.identify(token, { ...calm, isSuspect });
      return identity === undefined ? 'not ours' : { name: identity.name, ...identity.standing };
    } catch (error) {
      return `${codeOf(error)}: ${messageOf(error)}`;
    }
  }

  async #send(request: ApiRequest, as: string): Promise<unknown> {
    this.sent.push(request);
    return this.answer === undefined ? await this.#ask(request, as) : await this.answer();
  }

  async #ask({ method, path, body = '' }: ApiRequest, as: string): Promise<unknown> {
    const headers = { authorization: `Bearer ${tokenOfAccount('fixpoint', as)}` };
    const answer = await this.api.handle({ method, path, query: new URLSearchParams(), headers, body }, calm.signal);
    const text = 'body' in answer ? answer.body : '';
    if (answer.status < 300) return JSON.parse(text);
    throw answerError({ status: answer.status, body: text, doing: `${method} ${path}` });
  }
}

function counted(): () => string {
  let next = 0;
  return () => `00000000-0000-4000-8000-${String((next += 1)).padStart(12, '0')}`;
}

describe('a token of a ServiceAccount', () => {
  it('is its account, with the role of its user or group', async () => {
    const reviewing = new Reviewing();
    expect(await reviewing.outcome(await reviewing.token('shop', 'deployer'))).toEqual({
      name: 'kubernetes:system:serviceaccount:shop:deployer',
      role: 'operator',
      namespaces: ['shop'],
    });
    expect(await reviewing.outcome(await reviewing.token('monitoring', 'am'))).toMatchObject({ role: 'webhook' });
    expect(await reviewing.outcome(await reviewing.token('shop', 'web'))).toEqual({ name: 'kubernetes:system:serviceaccount:shop:web' });
  });

  it('for another audience, made up, or of an account that is gone is nobody', async () => {
    const reviewing = new Reviewing();
    const gone = await reviewing.token('shop', 'web');
    reviewing.cluster.delete({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'web', namespace: 'shop' } });
    for (const token of [await reviewing.token('shop', 'deployer', 'other'), tokenOfAccount('shop', 'deployer'), 'made-up', gone])
      expect(await reviewing.outcome(token)).toBe('not ours');
  });

  it('that is too long is not sent on', async () => {
    const reviewing = new Reviewing();
    expect(await reviewing.outcome('x'.repeat(17_000))).toBe('not ours');
    expect(reviewing.sent).toEqual([]);
  });

  it('is asked about once in half a minute, a wrong one once in ten seconds', async () => {
    const reviewing = new Reviewing();
    const token = await reviewing.token('shop', 'deployer');
    await Promise.all([1, 2, 3].map(async () => await reviewing.outcome(token)));
    await reviewing.outcome('wrong');
    await reviewing.outcome('wrong');
    expect(reviewing.sent).toHaveLength(2);
    reviewing.clock.advance(10_001);
    await reviewing.outcome('wrong');
    await reviewing.outcome(token);
    expect(reviewing.sent).toHaveLength(3);
    reviewing.clock.advance(20_000);
    await reviewing.outcome(token);
    expect(reviewing.sent).toHaveLength(4);
  });

  it('is refused once it has expired, although it was good', async () => {
    const reviewing = new Reviewing();
    const token = await reviewing.token('shop', 'deployer');
    expect(await reviewing.outcome(token)).toMatchObject({ role: 'operator' });
    reviewing.clock.advance(600_001);
    expect(await reviewing.outcome(token)).toBe('not ours');
  });
});

describe('a cluster that does not say yes', () => {
  it.each([
    ['an API that does not answer', () => Promise.reject(new Error('refused'))],
    ['a server error', () => Promise.reject(answerError({ status: 500, body: '', doing: 'POST' }))],
  ])('%s lets nobody in, and is asked again', async (_, answer) => {
    const reviewing = new Reviewing();
    const token = await reviewing.token('shop', 'deployer');
    reviewing.answer = answer;
    expect(await reviewing.outcome(token)).toContain('auth.unavailable: the cluster does not tell whose a token is');
    reviewing.answer = undefined;
    expect(await reviewing.outcome(token)).toMatchObject({ role: 'operator' });
  });

  it('that we may not ask lets nobody in', async () => {
    const reviewing = new Reviewing({ as: 'powerless' });
    expect(await reviewing.outcome(await reviewing.token('shop', 'deployer'))).toContain('auth.unavailable');
  });

  const user = { username: 'system:serviceaccount:shop:deployer', groups: [] };
  it.each([
    {},
    { status: null },
    { status: { user } },
    { status: { authenticated: 'true', user, audiences: ['fixpoint'] } },
    { status: { authenticated: true, user } },
    { status: { authenticated: true, user, audiences: [] } },
    { status: { authenticated: true, user, audiences: 'fixpoint' } },
    { status: { authenticated: true, user, audiences: ['https://kubernetes.default.svc.cluster.local'] } },
    { status: { authenticated: true, user: {}, audiences: ['fixpoint'] } },
    { status: { authenticated: true, user: { username: '' }, audiences: ['fixpoint'] } },
    { status: { authenticated: true, user: { username: 'a\nb' }, audiences: ['fixpoint'] } },
    { status: { authenticated: true, audiences: ['fixpoint'] } },
  ])('but %j lets nobody in', async (review) => {
    const reviewing = new Reviewing();
    reviewing.answer = async () => review;
    expect(await reviewing.outcome('token')).toBe('not ours');
  });
});

describe('questions under way', () => {
  it('are bounded, for those who have failed often more than for others', async () => {
    const reviewing = new Reviewing();
    const good = await reviewing.token('shop', 'deployer');
    const waiting: (() => void)[] = [];
    reviewing.answer = async () => {
      await new Promise<void>((resolve) => void waiting.push(resolve));
      return { status: { user: {}, error: 'invalid bearer token' } };
    };
    const suspects = ['a', 'b', 'c'].map(async (token) => await reviewing.outcome(token, true));
    expect(await suspects[2]).toBe('auth.unavailable: too many tokens are being looked at');
    const others = Array.from({ length: 14 }, async (_, index) => await reviewing.outcome(`other-${index}`));
    expect(await reviewing.outcome('one-more')).toContain('auth.unavailable');
    expect(reviewing.sent).toHaveLength(16);
    for (const answer of waiting) answer();
    expect(new Set(await Promise.all([...suspects.slice(0, 2), ...others]))).toEqual(new Set(['not ours']));
    reviewing.answer = undefined;
    expect(await reviewing.outcome(good)).toMatchObject({ role: 'operator' });
  });

  it('are shared, and who does not wait any longer takes the answer from nobody', async () => {
    const reviewing = new Reviewing();
    const answer = Promise.withResolvers<object>();
    reviewing.answer = async () => await answer.promise;
    const leaving = new AbortController();
    const first = reviewing.reviewer.identify('token', { signal: leaving.signal, isSuspect: false }).catch(codeOf);
    const second = reviewing.outcome('token');
    leaving.abort();
    expect(await first).toBe('auth.unavailable');
    expect(reviewing.sent.map(({ signal }) => signal.aborted)).toEqual([false]);
    const user = { username: 'system:serviceaccount:shop:deployer', groups: [] };
    answer.resolve({ status: { authenticated: true, user, audiences: ['fixpoint'] } });
    expect(await second).toMatchObject({ role: 'operator' });
    expect(reviewing.sent).toHaveLength(1);
  });

  it('about thousands of made-up tokens push no good one out of mind', async () => {
    const reviewing = new Reviewing();
    const good = await reviewing.token('shop', 'deployer');
    await reviewing.outcome(good);
    reviewing.answer = async () => ({ status: { user: {} } });
    for (let index = 0; index < 3000; index += 1) await reviewing.outcome(`made-up-${index}`);
    const sent = reviewing.sent.length;
    expect(await reviewing.outcome(good)).toMatchObject({ role: 'operator' });
    expect(reviewing.sent).toHaveLength(sent);
  });
});
