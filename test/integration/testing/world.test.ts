import { describe, expect, it } from 'vitest';
import { failuresOf, runTexts } from '../../support/testing/run-test-text.ts';

const scaled = 'changes: [{ what: spec.replicas, from: 2, to: 4 }]';

const cases: Readonly<Record<string, string>> = {
  'metrics by a timetable': `
  - name: pairs
    metrics: { 'latency{app="web"}': [[0s, 0.3], [40s, 0.05]] }
    timeline: [{ at: 0s, fire: slow }]
    until: 2m
    expect: { runs: [{ rule: slow, phase: succeeded, endsBefore: 46s, ${scaled} }] }
  - name: notation of promtool
    metrics: { 'latency{app="web"}': '0.3 0.05' }
    timeline: [{ at: 0s, fire: slow }]
    until: 2m
    expect: { runs: [{ rule: slow, phase: succeeded, endsBefore: 66s, ${scaled} }] }
  - name: no data is no success
    metrics: { 'latency{app="web"}': null }
    timeline: [{ at: 0s, fire: slow }]
    until: 10m
    expect:
      runs: [{ rule: slow, phase: failed, ${scaled}, rungs: [{ remediation: scale, verdicts: [{ check: promql, verdict: inconclusive, reason: no series }] }] }]
      calls: [{ rule: slow }]
  - name: from now on
    metrics: { 'latency{app="web"}': 0.3 }
    timeline: [{ at: 0s, fire: slow }, { at: 1m, metrics: { 'latency{app="web"}': 0.01 } }]
    until: 5m
    expect: { runs: [{ rule: slow, phase: succeeded, ${scaled} }] }
  - name: several series, one of them bad
    metrics: { 'latency{app="web"}': [{ labels: { pod: a }, value: 0.01 }, { labels: { pod: b }, value: 0.2 }] }
    timeline: [{ at: 0s, fire: slow }]
    until: 10m
    expect: { runs: [{ rule: slow, phase: failed, reason: value 0.2, ${scaled} }], calls: [{ rule: slow }] }`,

  'an HTTP service with a state of its own': `
  - name: approved
    state: { breaker: open }
    http:
      admin:
        'GET /breakers': [{ when: 'state.breaker == "open"', json: { payments: open } }, { json: { payments: closed } }]
        'POST /breakers/payments/close': { status: 204, set: { breaker: closed } }
        'GET /health': { text: fine }
    timeline:
      - { at: 0s, fire: asks }
      - { at: 4m, expect: { runs: [{ rule: asks, phase: awaiting-approval }] } }
      - { at: 5m, approve: { by: ann, reason: go } }
    until: 10m
    expect:
      runs: [{ rule: asks, phase: succeeded, mode: approve, changes: [{ target: http/admin.test:80, from: open, to: closed }] }]
      requests: [POST admin /breakers/payments/close]
      state: { breaker: closed }
  - name: denied
    http: { admin: { 'GET /breakers': { json: { payments: open } } } }
    timeline: [{ at: 0s, fire: asks }, { at: 5m, deny: { by: ann, reason: not now } }]
    until: 10m
    expect: { runs: [{ rule: asks, phase: denied, reason: not now }], requests: [] }
  - name: nobody answers
    http: { admin: { 'GET /breakers': { json: { payments: open } } } }
    timeline: [{ at: 0s, fire: asks }]
    until: 2h
    expect: { runs: [{ rule: asks, phase: expired, ends: 1h }], calls: [{ rule: asks, reason: nobody answered in time }] }
  - name: nothing to do
    http: { admin: { 'GET /breakers': { json: { payments: closed } } } }
    timeline: [{ at: 0s, fire: asks }]
    until: 2m
    expect: { runs: [{ rule: asks, phase: failed, rungs: [{ remediation: close-breaker, state: skipped }] }], calls: [{ rule: asks }] }
  - name: it does not answer
    timeline: [{ at: 0s, down: admin, fire: asks }]
    until: 20m
    expect: { runs: [{ rule: asks, phase: failed, reason: no whole answer within 5000 ms }], calls: [{ rule: asks }] }`,

  'a Redis whose settings change': `
  - name: full
    redis: { cache: { config: { maxmemory: 1gb }, info: { used_memory: 900 } } }
    metrics: { redis_memory_used_ratio: { cel: 'redisSetting("cache", "maxmemory") == "2147483648" ? 0.5 : 0.99' } }
    timeline: [{ at: 0s, fire: full }]
    until: 10m
    expect:
      runs: [{ rule: full, phase: succeeded, changes: [{ target: redis/cache, what: maxmemory-policy, from: noeviction, to: allkeys-lru }, { target: redis/cache, what: maxmemory, from: 1gb, to: 2gb }] }]
      requests: [SEND redis/cache CONFIG SET maxmemory-policy allkeys-lru, SEND redis/cache CONFIG SET maxmemory 2gb]
  - name: not declared
    timeline: [{ at: 0s, fire: full }]
    until: 10m
    expect: { runs: [{ rule: full, phase: failed, reason: no Redis is named }], calls: [{ rule: full }] }`,

  'a PostgreSQL whose sessions end': `
  - name: idle
    postgres: { shop: { sessions: [{ state: idle in transaction, application: api, for: 10m, count: 2 }, { state: idle in transaction, for: 1m }, { state: active, for: 1h, count: 3 }] } }
    metrics: { sessions: { cel: 'sessions("shop")' } }
    timeline: [{ at: 0s, fire: exhausted }]
    until: 10m
    expect:
      runs: [{ rule: exhausted, phase: succeeded, reason: value 4, changes: [{ target: postgres/shop, what: session 1001 of api, to: ended }, { what: session 1002 of api }] }]`,

  'a Kubernetes API that fails': `
  - name: for a while
    timeline: [{ at: 0s, clusterFails: [{ request: ^PATCH, status: 503, times: 2 }], fire: slow }]
    until: 5m
    expect: { runs: [{ rule: slow, phase: succeeded, ${scaled} }], requests: [PATCH kubernetes /apis/apps/v1/namespaces/shop/deployments/web] }
  - name: forbidden
    timeline: [{ at: 0s, clusterFails: [{ request: ^PATCH, status: 403 }], fire: slow }]
    until: 5m
    expect: { runs: [{ rule: slow, phase: failed, reason: Forbidden }], calls: [{ rule: slow }], requests: [] }
  - name: no answer
    timeline: [{ at: 0s, clusterFails: [{ request: ^GET .*/deployments/web, never: true, times: 1 }], fire: slow }]
    until: 10m
    expect: { runs: [{ rule: slow, phase: succeeded, ${scaled} }] }`,

  'objects of other people': `
  - name: gone
    timeline: [{ at: 0s, delete: [{ kind: Deployment, namespace: shop, name: web }] }, { at: 1m, fire: slow }]
    until: 10m
    expect:
      runs: [{ rule: slow, phase: failed, reason: not found }]
      calls: [{ rule: slow }]
      objects: [{ kind: Deployment, namespace: shop, name: web, absent: true }]`,
};

describe('fixpoint test, the world', () => {
  it.each(Object.entries(cases))('%s', async (_name, tests) => {
    expect(await failuresOf({ tests })).toEqual([]);
  });

  it('says what was asked of it and not told', async () => {
    const tests = `
  - name: untold
    metrics: { 'other': 1 }
    timeline: [{ at: 0s, fire: [full, asks] }]
    redis: { cache: {} }
    until: 10m
    expect: { runs: [] }`;
    const { files } = await runTexts({ tests });
    expect(files[0]?.tests[0]?.unanswered).toEqual(['http.admin: GET /breakers', 'metrics: redis_memory_used_ratio']);
  });
});
