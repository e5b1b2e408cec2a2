import { describe, expect, it } from 'vitest';
import type { ApiRequest, ClusterApi } from '../../../src/adapters/kubernetes/connection.ts';
import { answerError } from '../../../src/adapters/kubernetes/api-error.ts';
import { createLog } from '../../../src/adapters/telemetry/log.ts';
import { loadClusterSecrets, readClusterSecrets } from '../../../src/app/cluster-secrets.ts';
import { rightsOfConfig } from '../../../src/app/rights/rights-of-config.ts';
import { rbacManifests } from '../../../src/app/rights/rbac-manifests.ts';
import { KubernetesSecret } from '../../../src/config/kubernetes-secret.ts';
import { FixpointError } from '../../../src/errors.ts';
import { loadFrom } from '../config/load-from.ts';

const place = { cluster: 'default', namespace: 'fixpoint', name: 'tokens', key: 'on-call' };

/** A cluster whose one Secret has this data, or that answers with an error. */
function around({ data, error }: { data?: unknown; error?: Error }) {
  const asked: string[] = [];
  const logged: string[] = [];
  const state = { data, error };
  const api = {
    async send({ method, path }: ApiRequest) {
      asked.push(`${method} ${path}`);
      if (state.error !== undefined) throw state.error;
      return { data: state.data };
    },
  } as unknown as ClusterApi;
  const log = createLog({ level: 'debug', isTerminal: false, write: (line) => void logged.push(line) });
  return { parts: { clusters: new Map([['default', api]]), log }, asked, logged, state };
}

const encoded = (text: string) => Buffer.from(text).toString('base64');
const status = (code: number) => answerError({ status: code, body: '', doing: 'GET secret' });

describe('a secret that Kubernetes keeps', () => {
  it('is the text of its key, the same object until it changes', async () => {
    const { parts, asked, state, logged } = around({ data: { 'on-call': encoded('hush-one\n'), 'other': encoded('x') } });
    const secret = new KubernetesSecret(place);
    await loadClusterSecrets([secret], parts);
    const first = secret.read();
    expect(first.reveal()).toBe('hush-one');
    await readClusterSecrets([secret], parts);
    expect(secret.read()).toBe(first);
    state.data = { 'on-call': encoded('hush-two') };
    await readClusterSecrets([secret], parts);
    expect(secret.read().reveal()).toBe('hush-two');
    expect(new Set(asked)).toEqual(new Set(['GET /api/v1/namespaces/fixpoint/secrets/tokens']));
    expect(logged.join()).not.toContain('hush');
  });

  it.each([
    ['is not there', { error: status(404) }, 'HTTP 404'],
    ['may not be read', { error: status(403) }, 'HTTP 403'],
    ['has no such key', { data: { other: encoded('x') } }, 'has no key on-call'],
    ['has no data', {}, 'has no key on-call'],
    ['is empty', { data: { 'on-call': encoded('\n') } }, 'it is empty'],
    ['has only what every object has', { data: Object.create({ 'on-call': encoded('x') }) as object }, 'has no key on-call'],
  ])('that %s keeps the service from starting, and is forgotten later on', async (_, answer, why) => {
    const { parts, state } = around(answer);
    const fresh = new KubernetesSecret(place);
    await expect(loadClusterSecrets([fresh], parts)).rejects.toThrow(FixpointError);
    await expect(loadClusterSecrets([fresh], parts)).rejects.toThrow(why);
    const known = new KubernetesSecret(place);
    known.put('hush-old');
    state.data = 'data' in answer ? answer.data : undefined;
    await readClusterSecrets([known], parts);
    expect(() => known.read()).toThrow(expect.objectContaining({ code: 'secret.unavailable' }));
  });

  it.each([503, 500, 429])('stays in use while the API answers %i, and does not keep the service from starting', async (code) => {
    const { parts, logged } = around({ error: status(code) });
    const known = new KubernetesSecret(place);
    known.put('hush-old');
    await loadClusterSecrets([known, new KubernetesSecret(place)], parts);
    expect(known.read().reveal()).toBe('hush-old');
    expect(logged.join()).toContain('a secret could not be read from Kubernetes');
  });
});

describe('secrets of fixpoint.yaml in Kubernetes', () => {
  const yaml = `
clusters: { west: { server: 'http://west' } }
auth: { tokens: [{ name: ci, role: operator, token: { kubernetes: fixpoint/tokens/on-call } }], kubernetes: { roles: [{ group: g, role: viewer }] } }
secrets: { a: { kubernetes: fixpoint/tokens/on-call }, b: { kubernetes: west/fixpoint/tokens/on-call }, c: { kubernetes: fixpoint/tokens/other.key } }
`;

  it('are read where they stand, each once', () => {
    const { config, problems } = loadFrom({ yaml });
    expect(problems).toEqual([]);
    expect(config?.kubernetesSecrets.map(({ place: at }) => Object.values(at).join('/'))).toEqual([
      'default/fixpoint/tokens/on-call',
      'west/fixpoint/tokens/on-call',
      'default/fixpoint/tokens/other.key',
    ]);
    expect(() => config?.secrets.get('a')?.()).toThrow('it has not been read yet');
    config?.kubernetesSecrets[0]?.put('hush');
    expect([config?.secrets.get('a')?.().reveal(), config?.auth.tokens[0]?.token?.().reveal()]).toEqual(['hush', 'hush']);
  });

  it('need exactly the rights that fixpoint rbac prints', () => {
    const { config } = loadFrom({ yaml });
    if (config === undefined) throw new Error('it is good');
    const here = rightsOfConfig(config).filter(({ cluster }) => cluster === 'default');
    const rules = rbacManifests(here, { namespace: 'fixpoint', name: 'fixpoint' }).flatMap((manifest) => manifest['rules'] ?? []);
    expect(rules).toEqual([
      { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
      { apiGroups: [''], resources: ['secrets'], resourceNames: ['tokens'], verbs: ['get'] },
    ]);
  });

  it.each([
    ['secrets: { a: { kubernetes: tokens/on-call } }', 'expected namespace/name/key'],
    ["secrets: { a: { kubernetes: 'a/../b' } }", 'expected namespace/name/key'],
    ["secrets: { a: { kubernetes: 'Shop/tokens/on-call' } }", 'expected namespace/name/key'],
    ["secrets: { a: { kubernetes: 'shop/tokens/on call' } }", 'expected namespace/name/key'],
    ["secrets: { a: { kubernetes: 'east/shop/tokens/on-call' } }", 'there is no cluster named east'],
    ['store: { redis: { kubernetes: shop/redis/url } }', 'kubernetes'],
    ['history: { postgres: { url: { kubernetes: shop/history/url } } }', 'kubernetes'],
  ])('%s is told at the start', (text, why) => {
    expect(loadFrom({ yaml: text }).problems.join('\n')).toContain(why);
  });
});
