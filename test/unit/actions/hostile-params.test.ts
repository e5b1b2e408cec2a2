import { describe, expect, it } from 'vitest';
import { withoutLiterals } from '../../../src/actions/postgres/without-literals.ts';
import { secretMarker } from '../../../src/value/secret-marker.ts';
import { actionExamples } from '../../support/docs/examples.ts';
import { isAccepted } from '../../support/actions/world.ts';

const secret = secretMarker('token');
const long = 'x'.repeat(100_000);

const refused: readonly (readonly [string, object])[] = [
  ['redis.info', { connection: '../cache' }],
  ['redis.info', { connection: 'redis://evil.test:6379' }],
  ['redis.info', { fields: ['a b'] }],
  ['redis.info', { fields: ['__proto__'] }],
  ['redis.config', { set: {} }],
  ['redis.config', { set: { dir: '/etc' } }],
  ['redis.config', { set: { requirepass: 'x' } }],
  ['redis.config', { set: { maxmemory: '-1' } }],
  ['redis.config', { set: { maxmemory: '2 gb' } }],
  ['redis.config', { set: { maxmemory: '9999999999999gb' } }],
  ['redis.config', { set: { 'maxmemory-policy': 'none' } }],
  ['redis.config', { set: { maxclients: 0 } }],
  ['redis.config', { set: { save: '900 1; CONFIG SET dir /' } }],
  ['redis.config', { set: { appendonly: true } }],
  ['redis.command', { command: [] }],
  ['redis.command', { command: ['SET', 'a', secret] }],
  ['redis.command', { command: ['SET', 'a', long] }],
  ['redis.command', { command: 'FLUSHALL' }],
  ['redis.command', { on: 'all' }],
  ['redis.flush', { database: 3 }],
  ['redis.streamGroups', { stream: '' }],
  ['redis.streamGroups', { stream: long }],
  ['postgres.activity', { longerThan: 'soon' }],
  ['postgres.activity', { most: 1000 }],
  ['postgres.query', { sql: 'DELETE FROM jobs' }],
  ['postgres.query', { sql: 'DO $$ BEGIN END $$' }],
  ['postgres.query', { sql: 'SELECT pg_terminate_backend(1)' }],
  ['postgres.query', { sql: 'select PG_RELOAD_CONF ()' }],
  ['postgres.query', { sql: "SELECT pg_read_file('/etc/passwd')" }],
  ['postgres.query', { sql: "WITH x AS (SELECT lo_import('/etc/passwd')) SELECT 1" }],
  ['postgres.query', { sql: "SELECT dblink_exec('x', 'y')" }],
  ['postgres.query', { sql: "SELECT nextval('s')" }],
  ['postgres.query', { sql: 'SELECT pg_terminate_backend/**/(1)' }],
  ['postgres.query', { sql: 'SELECT pg_terminate_backend -- so\n (1)' }],
  ['postgres.query', { sql: 'SELECT "pg_terminate_backend"(1)' }],
  ['postgres.query', { sql: 'SELECT pg_catalog . "pg_cancel_backend" (1)' }],
  ['postgres.query', { sql: 'SELECT U&"pg\\005fterminate_backend"(1)' }],
  ['postgres.query', { sql: "SELECT '/*', pg_terminate_backend/**/(1), '*/'" }],
  ['postgres.query', { sql: 'SELECT pg_stat_statements_reset()' }],
  ['postgres.query', { sql: 'SELECT pg_stat_reset_shared($1)' }],
  ['postgres.query', { sql: "SELECT pg_logical_slot_get_changes('s', NULL, NULL)" }],
  ['postgres.query', { sql: "SELECT ts_stat('SELECT pg_term' || 'inate_backend(1)')" }],
  ['postgres.query', { sql: "SELECT lo_export(1, '/tmp/x')" }],
  ['postgres.query', { sql: long }],
  ['postgres.query', { values: [secret] }],
  ['postgres.query', { values: [{}] }],
  ['postgres.query', { most: 100_000 }],
  ['postgres.query', { timeout: '1h' }],
  ['postgres.terminateBackends', { olderThan: '0s' }],
  ['postgres.terminateBackends', { olderThan: undefined }],
  ['postgres.terminateBackends', { most: 1000 }],
  ['postgres.terminateBackends', { states: [] }],
  ['postgres.terminateBackends', { states: ['everything'] }],
  ['postgres.terminateBackends', { applications: [] }],
  ['postgres.vacuum', { tables: ['a; DROP TABLE b'] }],
  ['postgres.vacuum', { tables: ['"a"'] }],
  ['postgres.vacuum', { tables: ['a.b.c'] }],
  ['postgres.vacuum', { tables: undefined }],
  ['postgres.vacuum', { all: true }],
  ['prometheus.query', { query: '' }],
  ['prometheus.query', { from: 'http://evil.test' }],
  ['alertmanager.silence', { matchers: [] }],
  ['alertmanager.silence', { matchers: ['a=~".*"'] }],
  ['alertmanager.silence', { matchers: ['a!="x"'] }],
  ['alertmanager.silence', { matchers: ['alertname=~".+"'] }],
  ['alertmanager.silence', { matchers: ['alertname!=""'] }],
  ['alertmanager.silence', { matchers: ['alertname=~".*.+|x"', 'severity!="none"'] }],
  ['alertmanager.silence', { matchers: ['alertname="High"', 'fixpoint_escalation="true"'] }],
  ['alertmanager.silence', { matchers: ['fixpoint_escalation=~".+"', 'alertname="FixpointEscalation"'] }],
  ['alertmanager.silence', { matchers: ['nonsense'] }],
  ['alertmanager.silence', { for: '30d' }],
  ['alertmanager.silence', { for: '1s' }],
  ['alertmanager.silence', { source: '../x' }],
  ['notify.alertmanager', { title: secret }],
  ['notify.alertmanager', { text: secret }],
  ['notify.alertmanager', { severity: 'A\nb' }],
  ['notify.webhook', { title: secret }],
  ['notify.webhook', { path: '//evil.test' }],
  ['notify.webhook', { connection: 'http://evil.test' }],
  ['flow.wait', { for: '0s' }],
  ['flow.wait', { for: '2h' }],
  ['flow.assert', { that: 'true' }],
  ['flow.assert', { otherwise: '' }],
  ['flow.waitFor', { until: 'output.pending.matches("(a+)+$") && [1].map(a, [1].map(b, [1].map(c, c)))[0] == 1' }],
];

describe('hostile parameters', () => {
  it.each(refused)('%s refuses %j', (action, change) => {
    const good = { ...actionExamples[action] };
    expect(isAccepted(action, good)).toBe(true);
    expect(isAccepted(action, { ...good, ...change })).toBe(false);
  });

  it.each(Object.keys(actionExamples))('%s refuses a parameter that it does not know', (action) => {
    expect(isAccepted(action, { ...actionExamples[action], url: 'http://evil.test' })).toBe(false);
  });
});

describe('postgres.query', () => {
  it.each([
    'SELECT lo_water, hi_water FROM levels',
    'SELECT count(*) FROM pg_stat_activity WHERE state = $1',
    'TABLE resets',
    "SELECT setting FROM pg_settings WHERE name = 'statement_timeout'",
  ])('%j only reads', (sql) => {
    expect(isAccepted('postgres.query', { connection: 'app', sql })).toBe(true);
  });
});

describe('a statement without its literals', () => {
  it.each([
    ["SELECT * FROM users WHERE name = 'anna' AND age > 30", 'SELECT * FROM users WHERE name = ? AND age > ?'],
    ["SELECT 'it''s', E'a\\'b', $$c$$, $t$d$t$, U&'e'", 'SELECT ?, ?, ?, ?, U&?'],
    ["UPDATE t1 SET a2 = -1.5e3 -- anna\nWHERE b = 'cut off", 'UPDATE t1 SET a2 = -? WHERE b = ?'],
    ['SELECT /* anna */ $1, col_1', 'SELECT $1, col_1'],
    ['SELECT $$cut off', 'SELECT ?'],
    [String.raw`SELECT 'C:\', 'anna'`, 'SELECT ?'],
    [String.raw`SELECT 'a\b', 'anna'`, 'SELECT ?, ?'],
    [String.raw`SELECT E'a\'anna', 'b'`, 'SELECT ?, ?'],
    ["SELECT E'a'\n'b\\''||'anna'", 'SELECT ? ?'],
    ["SELECT \"it's\", 'anna'", 'SELECT "it\'s", ?'],
    ["SELECT /* it's */ 'anna' -- it's\n, 'anna'", 'SELECT ? , ?'],
    ["SELECT /* /* */ 'anna' */ 1", 'SELECT ?'],
    ["SELECT '--', 'anna', '/*', 'anna'", 'SELECT ?, ?, ?, ?'],
    ["SELECT a$1$b, type'anna', 0x1f, .5, 1_000, 1e-5", 'SELECT a$1$b, type?, ?, ?, ?, ?'],
    ["SELECT $a$ anna $b$ 'x' $a$, B'101', x'1F'", 'SELECT ?, ?, ?'],
  ])('%j', (sql, shown) => {
    expect(withoutLiterals(sql)).toBe(shown);
  });
});
