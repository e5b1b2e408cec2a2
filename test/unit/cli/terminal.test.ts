import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { storyLines } from '../../../src/cli/run-story.ts';
import { forTerminal, oneLine } from '../../../src/cli/terminal-text.ts';
import { fakeService } from './fake-service.ts';
import { story } from './story.ts';

/** Clears the screen, sets the title, turns text around, begins a line of its own, and a C1 control. */
const hostile = '\u001b[2J\u001b]0;title\u0007\u202eevil\u2028\r\nrun r-9  succeeded\u009b31m\u007f';
const forbidden = /[^\P{C}\n]/u;

async function inProcess(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, ['src/main.ts', ...args], { env: {}, stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => child.once('close', resolve));
  return Buffer.concat(chunks).toString();
}

describe('what reaches the terminal', () => {
  it('has control and format characters escaped as JSON escapes them', () => {
    expect(forTerminal('a\u001b[2J\u009b\u{e0041}b\tc\nd é ✓')).toBe('a\\u001b[2J\\u009b\\udb40\\udc41b\tc\nd é ✓');
    expect(JSON.parse(forTerminal(JSON.stringify({ hostile })))).toEqual({ hostile });
  });

  it('has one line where the service has several', () => {
    expect(oneLine(hostile)).not.toMatch(/[\n\r\u2028]/);
    const { rungs, ...rest } = story;
    const lines = storyLines({ ...rest, reason: hostile, subject: hostile, rungs: rungs.map((rung) => ({ ...rung, reason: hostile })) });
    expect(lines.length).toBe(storyLines(story).length);
  });

  const row = { id: hostile, rule: hostile, phase: hostile, mode: hostile, createdAt: hostile, reason: hostile };
  const evilStory = JSON.parse(
    JSON.stringify(story).replaceAll(/"(slow|scale|passed|promql|it helped|allow|no pause|main)"/g, JSON.stringify(hostile)),
  ) as unknown;
  it.each([
    [['runs'], 'GET /api/v1/runs?', { runs: [row], next: hostile }],
    [['runs', 'r-1'], 'GET /api/v1/runs/r-1', evilStory],
    [['runs', 'r-1', '--output', 'json'], 'GET /api/v1/runs/r-1', evilStory],
    [['resume'], 'GET /api/v1/pauses', { pauses: [{ id: hostile, scope: { kind: 'rule', name: hostile }, reason: hostile, by: hostile }] }],
    [
      ['resume'],
      'GET /api/v1/pauses',
      { pauses: [], local: { id: hostile, process: hostile, reason: hostile, end: hostile, since: hostile } },
    ],
    [['resume', 'x'], 'DELETE /api/v1/pauses/x', 'refused'],
    [['pause', '--reason', 'x'], 'POST /api/v1/pauses', { id: hostile, until: hostile, note: hostile }],
    [['replay', 'n'], 'POST /api/v1/replay', { notification: hostile, runs: [hostile] }],
    [['approve', 'r', '--reason', 'x'], 'POST /api/v1/runs/r/deny', {}],
  ])('is harmless: %j', async (args, ask, body) => {
    const answer = body === 'refused' ? { status: 409, body: { code: 'pause.unknown', detail: hostile } } : { body };
    await using service = await fakeService({ [ask]: answer });
    const shown = await inProcess([...args, '--server', service.url]);
    expect(shown).not.toBe('');
    expect(shown).not.toMatch(forbidden);
    expect(shown).not.toMatch(/^run r-9/m);
  });
});
