import { describe, expect, it } from 'vitest';
import { createLog } from '../../../../src/adapters/telemetry/log.ts';
import { FixpointError } from '../../../../src/errors.ts';
import { Secret } from '../../../../src/value/secret.ts';

function logInto(options: { level?: string; isTerminal?: boolean } = {}) {
  const lines: string[] = [];
  const log = createLog({
    level: options.level ?? 'info',
    isTerminal: options.isTerminal ?? false,
    write: (line) => void lines.push(line),
  });
  return { log, lines };
}

describe('log', () => {
  it('writes JSON lines with level, time, data and message', () => {
    const { log, lines } = logInto();
    log.debug({}, 'not shown');
    log.warn({ runId: 'i1-1', rule: 'r1' }, 'run went wrong');

    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      runId: 'i1-1',
      rule: 'r1',
      msg: 'run went wrong',
    });
    expect(lines[0]?.endsWith('\n')).toBe(true);
  });

  it('cuts what is longer than a line has room for', () => {
    const { log, lines } = logInto();
    log.info({ subject: 'x'.repeat(3_000_000) }, 'run changed phase');

    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ subject: `${'x'.repeat(1999)}…`, msg: 'run changed phase' });
  });

  it('writes lines for people on a terminal', () => {
    const { log, lines } = logInto({ isTerminal: true });
    log.error({ rule: 'r1' }, 'rule failed');

    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/ERROR.*rule failed.*"rule":"r1"/);
  });

  it.each([true, false])('hides credentials and secrets (terminal: %s)', (isTerminal) => {
    const { log, lines } = logInto({ isTerminal });
    const cause = Object.assign(new Error('request failed'), { config: { headers: { Authorization: 'Bearer s3cret' } } });
    log.info({ authorization: 's3cret', headers: { authorization: 's3cret' }, request: { headers: { authorization: 's3cret' } } }, 'a');
    log.info({ token: new Secret('s3cret'), nested: [{ value: new Secret('s3cret') }] }, 'b');
    log.error({ err: new FixpointError('http.unavailable', 'no answer', { cause, details: { status: 500 } }) }, 'c');

    expect(lines).toHaveLength(3);
    expect(lines.join('')).not.toContain('s3cret');
    expect(lines[2]).toMatch(/http\.unavailable[\s\S]*request failed/);
  });

  it('gives children what they are bound to', () => {
    const { log, lines } = logInto();
    log.child({ worker: 'w1' }).info({ rule: 'r' }, 'm');

    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ worker: 'w1', rule: 'r', msg: 'm' });
  });
});
