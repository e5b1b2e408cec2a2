import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fixpoint } from '../../unit/cli/fake-service.ts';

const folder = new URL('../../../rules/tests', import.meta.url).pathname;

/** Raise it with what is covered, never lower it. */
const threshold = 50;

describe('the tests of the shipped rules', { timeout: 240_000 }, () => {
  it('pass, and cover what they did before', async () => {
    const { out, err, code } = await fixpoint(['test', folder, '--coverage-threshold', String(threshold)]);
    expect(`${out}\n${err}`).not.toMatch(/^ {2}✗/m);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(readdirSync(folder).length).toBeGreaterThan(1);
  });

  it('give the same bytes twice', async () => {
    const first = await fixpoint(['test', folder, '--output', 'json']);
    const second = await fixpoint(['test', folder, '--output', 'json']);
    expect(second.out).toBe(first.out);
    expect(first.out.length).toBeGreaterThan(1000);
  });
});
