import { describe, expect, it } from 'vitest';
import { actionShapes } from '../../../src/actions/catalogue.ts';
import { checkShapes } from '../../../src/checks/catalogue.ts';
import { formatProblem, loadRulebook } from '../../../src/rule/load.ts';
import type { Limits } from '../../../src/rule/guard-settings.ts';
import { alertWith, oneRule, positive } from './shapes.ts';

/** A rule of one rung, which has these steps. */
function loaded(steps: string, { mode = 'auto', limits = {}, params = '{}' }: { mode?: string; limits?: Limits; params?: string } = {}) {
  const { rulebook, problems } = loadRulebook({
    rules: [{ file: 'rules/a.yaml', text: oneRule(`mode: ${mode}\nladder: [{ remediation: b }]\n${positive}`) }],
    remediations: [{ file: 'remediations/b.yaml', text: `name: b\nsummary: s\nparams: ${params}\nsteps:\n${steps}\n` }],
    shapes: { actions: actionShapes, checks: checkShapes },
    limits,
  });
  return { rule: rulebook?.rules[0], problems: problems.map(formatProblem) };
}

const flush = '  - { id: flush, action: redis.flush, with: { connection: cache } }';
const bgsave = '  - { id: save, action: redis.bgsave, with: { connection: cache } }';

describe('an action that does no more than ask by itself', () => {
  it('lowers the mode of its rung, and says so', () => {
    const { rule, problems } = loaded(flush);
    expect(rule?.ladder[0]?.mode).toBe('approve');
    expect(problems.join()).toContain(
      'rung b runs in mode approve, not auto: redis.flush does no more by itself (limits.actions in fixpoint.yaml)',
    );
  });

  it.each([
    ['auto', {}, 'auto'],
    ['auto', { actions: { 'redis.flush': 'auto' } }, 'auto'],
    ['auto', { actions: { 'redis.flush': 'plan' } }, 'plan'],
    ['approve', {}, 'approve'],
    ['plan', { actions: { 'redis.flush': 'auto' } }, 'plan'],
  ] as const)('in mode %s with the limits %j', (mode, limits, effective) => {
    const { rule, problems } = loaded(flush, { mode, limits });
    const expected = mode === 'auto' && !('actions' in limits) ? 'approve' : effective;
    expect(rule?.ladder[0]?.mode).toBe(expected);
    expect(problems.length > 0).toBe(expected !== mode);
  });

  it.each([
    ['[FLUSHDB]', {}, 'approve'],
    ['[flushall, ASYNC]', {}, 'approve'],
    ["['${params.word}', ASYNC]", {}, 'approve'],
    ["'${params.words}'", {}, 'approve'],
    ["['MEMORY', '${params.word}']", {}, 'auto'],
    ['[MEMORY, PURGE]', {}, 'auto'],
    ['[FLUSHALL]', { actions: { 'redis.command': 'auto' } }, 'approve'],
    ['[FLUSHALL]', { actions: { 'redis.flush': 'plan' } }, 'plan'],
    ['[FLUSHALL]', { actions: { 'redis.flush': 'auto' } }, 'auto'],
    ['[FLUSHALL]', { actions: { 'redis.flush': 'auto', 'redis.command': 'approve' } }, 'approve'],
  ] as const)('redis.command of %s with the limits %j is as redis.flush where it may empty a database', (command, limits, mode) => {
    const params = '{ word: { type: string, default: FLUSHALL }, words: { type: array, items: { type: string }, default: [FLUSHALL] } }';
    const step = `  - { id: c, action: redis.command, with: { connection: cache, command: ${command} } }`;
    const { rule, problems } = loaded(step, { limits, params });
    expect([rule?.ladder[0]?.mode, problems.join()]).toEqual([mode, mode === 'auto' ? '' : expect.stringContaining(`in mode ${mode}`)]);
  });

  it('a limit for an action that does not exist is an error: it would hold nothing', () => {
    const { rule, problems } = loaded(bgsave, { limits: { actions: { 'redis.flsh': 'plan' } } });
    expect(rule).toBeUndefined();
    expect(problems).toEqual(['fixpoint.yaml:1:1: error: limits.actions: there is no action redis.flsh; did you mean redis.flush?']);
  });
});

describe('what comes from an alert', () => {
  it.each([
    ["  - { id: q, action: postgres.query, with: { connection: app, sql: 'SELECT ${labels.x}' } }", 'sql is written as it is'],
    [
      "  - { id: w, action: flow.waitFor, with: { action: redis.info, with: { connection: cache }, until: 'output.masters == ${labels.n}' } }",
      'until is written as it is',
    ],
    [
      '  - { id: c, action: redis.command, with: { connection: cache, command: [DEL, x], converges: \'${labels.x == "1"}\' } }',
      'converges is written as it is',
    ],
  ])('is no part of %s', (steps, message) => {
    expect(loaded(steps).problems.join()).toContain(message);
  });

  it('may be bound as a value', () => {
    const steps =
      "  - { id: q, action: postgres.query, with: { connection: app, sql: 'SELECT 1 WHERE $1 = 1', values: ['${params.x}'] } }\n" + bgsave;
    expect(loaded(steps, { params: "{ x: { type: string, default: 'y' } }" }).problems).toEqual([]);
  });
});

describe('redis.command', () => {
  it.each([
    ['', 'once'],
    [', converges: false', 'once'],
    [', converges: true', 'converge'],
  ])('with%s is %s', (more, effect) => {
    const { rule } = loaded(`  - { id: c, action: redis.command, with: { connection: cache, command: [DEL, x]${more} } }`);
    expect(rule?.ladder[0]?.steps[0]?.effect).toBe(effect);
  });
});

describe('what a rule is about', () => {
  it('is told by no step that only waits or tells people', () => {
    const steps =
      '  - { id: wait, action: flow.wait, with: { for: 10s } }\n  - { id: tell, action: notify.webhook, with: { connection: chat, title: t } }\n' +
      bgsave;
    expect(loaded(steps).rule?.ladder[0]?.target(alertWith({}))).toBe('redis/cache');
  });
});

describe('flow.assert', () => {
  const assert = "  - { id: room, action: flow.assert, with: { that: '${steps.i.output.masters < 3}', otherwise: too many } }";
  const info = '  - { id: i, action: redis.info, with: { connection: cache } }';

  it('stands before what changes something', () => {
    expect(loaded([info, assert, bgsave].join('\n')).problems).toEqual([]);
    expect(loaded([info, bgsave, assert].join('\n')).problems.join()).toContain(
      'flow.assert is asked while planning: it has to stand before the first step that changes something',
    );
  });
});

describe('flow.waitFor', () => {
  const waitFor = (given: string) => loaded(`${bgsave}\n  - { id: w, action: flow.waitFor, with: { ${given} } }`).problems.join();

  it.each([
    ['action: redis.info, with: { connection: cache }, until: output.masters > 0', ''],
    ["action: kubernetes.pods, with: { namespace: '${params.x}', selector: a=b }, until: output.ready >= 3", ''],
    ['action: redis.flush, with: { connection: cache }, until: output.x > 0', 'must be the name of an action that reads'],
    ['action: nothing, until: output.x > 0', 'must be the name of an action that reads'],
    ['action: flow.assert, with: { that: true, otherwise: x }, until: output.held', 'must be the name of an action that reads'],
    ['action: redis.info, with: { connection: ../x }, until: output.masters > 0', 'must be the name of a Redis'],
    ['action: redis.info, with: { connection: cache }, until: output.masters +', 'until'],
    ['action: redis.info, with: { connection: cache }, until: labels.x == "1"', 'there is no labels here'],
    ['action: redis.info, with: { connection: cache }, until: "1 + 1"', 'not a condition'],
  ])('%s', (given, message) => {
    const problems =
      message === ''
        ? loaded(`${bgsave}\n  - { id: w, action: flow.waitFor, with: { ${given} } }`, {
            params: '{ x: { type: string, default: shop } }',
          }).problems.join()
        : waitFor(given);
    if (message === '') expect(problems).toBe('');
    else expect(problems).toContain(message);
  });
});
