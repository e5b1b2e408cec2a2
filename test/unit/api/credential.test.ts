import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CredentialList, readCredential, type Credential } from '../../../src/api/credential.ts';
import { FixpointError } from '../../../src/errors.ts';
import { Secret } from '../../../src/value/secret.ts';

const bearer = (text: string): Credential => ({ kind: 'bearer', token: () => new Secret(text) });
const hashed = (text: string): Credential => ({ kind: 'hashed', sha256: createHash('sha256').update(text).digest() });
const basic = (username: string, password: string): Credential => ({ kind: 'basic', username, password: () => new Secret(password) });

function list(credentials: Readonly<Record<string, Credential>>): (header: string) => string | undefined {
  const known = new CredentialList(Object.entries(credentials).map(([owner, credential]) => ({ owner, credential })));
  return (header) => known.find(readCredential(header));
}

describe('credentials', () => {
  it('fit by their text, or by the digest of it', () => {
    const find = list({ plain: bearer('one'), digest: hashed('two'), user: basic('am', 'three') });
    expect(['Bearer one', 'bearer two', 'BEARER  one', `Basic ${btoa('am:three')}`].map(find)).toEqual([
      'plain',
      'digest',
      'plain',
      'user',
    ]);
  });

  it('fit nothing else: no digest is a token, no part of one, and no other kind', () => {
    const digest = createHash('sha256').update('two').digest('hex');
    const find = list({ plain: bearer('one'), digest: hashed('two'), user: basic('am', 'three') });
    const wrong = [
      `Bearer ${digest}`,
      `Bearer sha256:${digest}`,
      'Bearer on',
      'Bearer one1',
      'Bearer One',
      `Bearer ${btoa('am:three')}`,
      `Basic ${btoa('am:')}`,
      `Basic ${btoa('am')}`,
      `Basic ${btoa('basic am:three')}`,
      'Bearer basic',
      'Basic one',
      'Bearer',
      '',
    ];
    expect(wrong.map(find)).toEqual(wrong.map(() => undefined));
  });

  it('that cannot be read fit nobody, are told of once, and keep no other from fitting', () => {
    let isThere = true;
    const told: string[] = [];
    const broken: Credential = {
      kind: 'bearer',
      token: () => {
        if (isThere) return new Secret('one');
        throw new FixpointError('secret.unavailable', 'gone');
      },
    };
    const credentials = [
      { owner: 'a', credential: broken },
      { owner: 'b', credential: bearer('two') },
    ];
    const known = new CredentialList(credentials, ({ message }) => void told.push(message));
    const find = (header: string) => known.find(readCredential(header));
    expect([find('Bearer one'), find('Bearer two')]).toEqual(['a', 'b']);
    isThere = false;
    expect([find('Bearer one'), find('Bearer two'), find('Bearer '), told]).toEqual([undefined, 'b', undefined, ['gone']]);
    isThere = true;
    expect(find('Bearer one')).toBe('a');
    isThere = false;
    find('Bearer one');
    expect(told).toEqual(['gone', 'gone']);
  });

  it('are all compared, whichever fits, and by digests of one length', () => {
    const asked: string[] = [];
    const seen = (text: string): Credential => ({
      kind: 'bearer',
      token: () => {
        asked.push(text);
        return new Secret(text);
      },
    });
    const find = list({ a: seen('one'), b: seen('two-is-longer'), c: seen('three') });
    for (const token of ['one', 'three', 'none', 'x'.repeat(10_000)]) {
      asked.length = 0;
      find(`Bearer ${token}`);
      expect(asked).toEqual(['one', 'two-is-longer', 'three']);
    }
    const code = readFileSync(new URL('../../../src/api/credential.ts', import.meta.url), 'utf8');
    expect(code).toContain('timingSafeEqual(presented.digest, expected)');
  });
});
