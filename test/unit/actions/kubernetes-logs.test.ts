import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/value/json.ts';
import { outputOf, withWeb } from '../../support/actions/read-output.ts';
import { isAccepted } from '../../support/actions/world.ts';

interface Logs {
  readonly matched: number;
  readonly truncated: boolean;
  readonly logs: readonly { pod: string; container: string; lines: readonly string[]; error: string | null }[];
}

const owner = { name: 'web' };

describe('kubernetes.logs', () => {
  it('reads the last lines of each container of each pod of an owner', async () => {
    const practice = withWeb({}, { containers: ['web', 'sidecar'] });
    const read = await outputOf<Logs>(practice, 'logs', { namespace: 'app', owner, lines: 2 });
    expect(read.logs).toHaveLength(4);
    expect(read).toMatchObject({ matched: 8, truncated: false });
    const [first] = read.logs;
    expect(first?.lines).toEqual([19, 20].map((line) => `app/${first?.pod}[${first?.container}] line ${line}`));
  });

  it('reads one pod, and the named container of it', async () => {
    const practice = withWeb({}, { containers: ['web', 'sidecar'] });
    const pod = practice.pods('app')[0]?.metadata.name ?? '';
    const read = await outputOf<Logs>(practice, 'logs', { namespace: 'app', pod, container: 'sidecar', lines: 1 });
    expect(read.logs.map(({ container, lines }) => [container, lines])).toEqual([['sidecar', [`app/${pod}[sidecar] line 20`]]]);
    await expect(outputOf(practice, 'logs', { namespace: 'app', pod, container: 'other' })).rejects.toMatchObject({
      code: 'target.missing',
    });
  });

  it('keeps the last lines that match, however far back', async () => {
    const podLog = () =>
      Array.from({ length: 4000 }, (_, index) => (index % 1000 === 0 ? `validation failed ${index}` : 'fine')).join('\n');
    const read = await outputOf<Logs>(withWeb({ podLog }, { replicas: 1 }), 'logs', {
      namespace: 'app',
      owner,
      lines: 2,
      pattern: '(?i)VALIDATION',
    });
    expect(read.logs[0]?.lines).toEqual(['validation failed 2000', 'validation failed 3000']);
  });

  it('says what there is no log of, and why, and goes on', async () => {
    const practice = withWeb({ podOutcome: (pod) => (pod.metadata.name.startsWith('web') ? 'image-missing' : 'ready') });
    const read = await outputOf<Logs>(practice, 'logs', { namespace: 'app', owner });
    expect(read.matched).toBe(0);
    expect(read.logs.map(({ error }) => error)).toEqual([
      expect.stringContaining('waiting to start'),
      expect.stringContaining('waiting to start'),
    ]);
  });

  it('brings home what fits, the newest lines of the newest pods', async () => {
    const podLog = () => Array.from({ length: 5000 }, (_, index) => `${index} ${'x'.repeat(500)}`).join('\n');
    const read = await outputOf<Logs>(withWeb({ podLog }), 'logs', { namespace: 'app', owner, lines: 5000 });
    expect(read.truncated).toBe(true);
    expect(JSON.stringify(read).length).toBeLessThan(80_000);
    expect(read.logs[0]?.lines.at(-1)).toMatch(/^4999 /);
  });

  it('hides what looks like a credential', async () => {
    const podLog = () =>
      [
        'Authorization: Bearer abcdefgh12345678',
        'connecting to postgres://app:hunter2@db:5432/x',
        'password=hunter2 user=me',
        '{"api_key": "hunter2", "max_tokens": 4096}',
        'jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
      ].join('\n');
    const { logs } = await outputOf<Logs>(withWeb({ podLog }, { replicas: 1 }), 'logs', { namespace: 'app', owner });
    const text = logs[0]?.lines.join('\n') ?? '';
    expect(text).not.toMatch(/hunter2|abcdefgh|eyJ/);
    expect(text).toContain('user=me');
    expect(text).toContain('"max_tokens": 4096');
    expect(text).toContain('postgres://app:(hidden)@db:5432/x');
  });

  it('hides a private key with all of its lines', async () => {
    const podLog = () =>
      ['starts', '-----BEGIN PRIVATE KEY-----', 'MIIEvQIBADANBgkq', 'hkiG9w0B', '-----END PRIVATE KEY-----', 'ends'].join('\n');
    const { logs } = await outputOf<Logs>(withWeb({ podLog }, { replicas: 1 }), 'logs', { namespace: 'app', owner });
    expect(logs[0]?.lines).toEqual(['starts', '(hidden)', 'ends']);
  });

  it.each<JsonObject>([
    {},
    { pod: 'a', selector: 'b' },
    { pod: '../x' },
    { pod: 'a', pattern: '(' },
    { pod: 'a', pattern: '(?=x)' },
    { pod: 'a', lines: 0 },
    { pod: 'a', lines: 5001 },
    { pod: 'a', container: 'a/b' },
    { selector: '' },
  ])('refuses %j', (params) => expect(isAccepted('kubernetes.logs', { namespace: 'app', ...params })).toBe(false));

  it('is not held up by a hostile expression', async () => {
    const podLog = () => `${'a'.repeat(2000)}!`;
    const read = await outputOf<Logs>(withWeb({ podLog }, { replicas: 1 }), 'logs', { namespace: 'app', owner, pattern: '^(a+)+$' });
    expect(read.matched).toBe(0);
  });
});
