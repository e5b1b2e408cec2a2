import { describe, expect, it } from 'vitest';
import { actions } from '../../../src/actions/catalogue.ts';
import { failuresOf } from '../../support/testing/run-test-text.ts';

/** Steps of one remediation, and what its run has to come to on the world below. */
const cases: Readonly<Record<string, { readonly steps: string; readonly expected: string; readonly requests?: string }>> = {
  'redis.info': { steps: '{ id: a, action: redis.info, with: { connection: cache } }', expected: 'skipped' },
  'redis.streamGroups': {
    steps: `{ id: a, action: redis.streamGroups, with: { connection: cache, stream: jobs } }, { id: b, action: redis.config, with: { connection: cache, set: { maxclients: '\${int(steps.a.output.pending)}' } } }`,
    expected: 'maxclients, from: 10000, to: 70',
    requests: 'SEND redis/cache CONFIG SET maxclients 70',
  },
  'redis.config': {
    steps: '{ id: a, action: redis.config, with: { connection: cache, set: { maxmemory: 2gb } } }',
    expected: 'maxmemory, from: 1gb, to: 2gb',
    requests: 'SEND redis/cache CONFIG SET maxmemory 2gb',
  },
  'redis.bgsave': {
    steps: '{ id: a, action: redis.bgsave, with: { connection: cache } }',
    expected: 'snapshot',
    requests: 'SEND redis/cache BGSAVE SCHEDULE',
  },
  'redis.flush': {
    steps: '{ id: a, action: redis.flush, with: { connection: cache } }',
    expected: 'keys of database 0, from: 42, to: 0',
    requests: 'SEND redis/cache FLUSHDB ASYNC',
  },
  'redis.command': {
    steps: '{ id: a, action: redis.command, with: { connection: cache, command: [XTRIM, jobs, MAXLEN, "10"], converges: true } }',
    expected: 'not sent',
    requests: 'SEND redis/cache XTRIM jobs MAXLEN 10',
  },
  'postgres.activity': { steps: '{ id: a, action: postgres.activity, with: { connection: shop } }', expected: 'skipped' },
  'postgres.replication': { steps: '{ id: a, action: postgres.replication, with: { connection: shop } }', expected: 'skipped' },
  'postgres.query': { steps: '{ id: a, action: postgres.query, with: { connection: shop, sql: select 1 as one } }', expected: 'skipped' },
  'postgres.terminateBackends': {
    steps: '{ id: a, action: postgres.terminateBackends, with: { connection: shop, olderThan: 5m } }',
    expected: 'session 1001 of api',
    requests: 'SEND postgres/shop pg_terminate_backend(1001)',
  },
  'postgres.vacuum': {
    steps: '{ id: a, action: postgres.vacuum, with: { connection: shop, all: true } }',
    expected: 'table public.orders',
    requests: 'SEND postgres/shop VACUUM (ANALYZE) public.orders',
  },
};

const world = `
redis: { cache: { config: { maxmemory: 1gb }, keys: 42, streams: { jobs: { groups: { a: { pending: 50 }, b: { pending: 20 } } } }, commands: [{ command: XTRIM, converges: true, answer: 3 }] } }
postgres: { shop: { sessions: [{ state: idle in transaction, application: api, for: 10m }], tables: [{ name: public.orders, dead: 100 }, { name: public.users, dead: 0 }], standbys: [{ name: b }], queries: { select 1 as one: [{ one: 1 }] } } }
`;

function testOf({ steps, expected, requests }: (typeof cases)[string]): Parameters<typeof failuresOf>[0] {
  const rung =
    expected === 'skipped' ? '{ remediation: it, state: skipped }' : `{ remediation: it, state: succeeded, changes: [{ what: "…" }] }`;
  const changes = expected === 'skipped' ? '' : ', changes: [{}]';
  return {
    extra: `config: { limits: { actions: { redis.flush: auto } } }\n${world}`,
    files: {
      'rules/shop.yaml': `rules: [{ name: it, summary: it, match: 'alertname="Slow"', mode: auto, subject: http/it:80, ladder: [{ remediation: it }], verify: { within: 2m, checks: [{ promql: { query: up, expect: value > 0.0, window: 1s } }] } }]`,
      'remediations/it.yaml': `{ name: it, summary: it, params: {}, steps: [${steps}] }`,
    },
    tests: `
  - name: it
    metrics: { up: 1 }
    timeline: [{ at: 0s, fire: slow }]
    until: 5m
    expect:
      runs: [{ rule: it, phase: ${expected === 'skipped' ? 'failed' : 'succeeded'}, rungs: [${rung.replace(', changes: [{ what: "…" }]', '')}]${changes} }]
      ${expected === 'skipped' ? 'calls: [{ rule: it }]' : ''}
      requests: [${requests === undefined ? '' : `'${requests}'`}]`,
  };
}

describe('the databases of tests', () => {
  it.each(Object.entries(cases))('answer %s', async (_name, one) => {
    expect(await failuresOf(testOf(one))).toEqual([]);
  });

  it('answer every action that there is for them', () => {
    const names = [...actions.keys()].filter((name) => /^(redis|postgres)\./.test(name));
    expect(Object.keys(cases).toSorted()).toEqual(names.toSorted());
  });
});
