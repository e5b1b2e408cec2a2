import { describe, expect, it } from 'vitest';
import { commandLine } from '../../../src/actions/kubernetes/command-line.ts';
import { FixpointError } from '../../../src/errors.ts';
import type { DeclaredCommand, ExecRequest, ExecResult, KubernetesWriter } from '../../../src/ports/kubernetes.ts';
import { PracticeCluster } from '../../support/actions/practice-cluster.ts';
import { workloadOf } from '../../support/actions/practice-objects.ts';
import { actionNamed, applyOf, isAccepted, planOf } from '../../support/actions/world.ts';
import { secretMarker } from '../../../src/value/secret-marker.ts';

const name = 'kubernetes.exec';
const purge: DeclaredCommand = {
  argv: ['redis-cli', '-n', '${db}', 'flushdb', '${mode}', '${key}'],
  params: {
    db: { type: 'integer', minimum: 0, maximum: 15 },
    mode: { type: 'enum', values: ['ASYNC', 'SYNC'] },
    key: { type: 'string', pattern: '[a-z][a-z:]*', maxLength: 10 },
  },
};
const args = { db: 3, mode: 'ASYNC', key: 'a:b' };
const argv = ['redis-cli', '-n', '3', 'flushdb', 'ASYNC', 'a:b'];
const owner = { kind: 'StatefulSet', name: 'redis' };
const wish = { namespace: 'app', owner, command: 'purge', args };

interface Rig {
  readonly practice: PracticeCluster;
  readonly ran: ExecRequest[];
  readonly context: PracticeCluster['context'];
  answer: (request: ExecRequest) => ExecResult | Error;
}

function rig(command: DeclaredCommand = purge, containers = ['redis']): Rig {
  const practice = new PracticeCluster({ commands: new Map([['purge', command]]) });
  practice.add(workloadOf({ kind: 'StatefulSet', name: 'redis', replicas: 3, containers }));
  const ran: ExecRequest[] = [];
  const made: Rig = {
    practice,
    ran,
    answer: () => ({ exitCode: 0, stdout: 'OK\n', stderr: '', truncated: false }),
    get context() {
      const kubernetes: KubernetesWriter = {
        ...practice.context.write.kubernetes,
        async exec(request) {
          await practice.permit();
          ran.push(request);
          const answer = made.answer(request);
          if (answer instanceof Error) throw answer;
          return answer;
        },
      };
      return { ...practice.context, write: { ...practice.context.write, kubernetes } };
    },
  };
  return made;
}

describe('exec', () => {
  it('runs the declared command with a rule’s values, in one pod of the workload', async () => {
    const { context, ran } = rig();
    const { intent, changes, target, notes } = await planOf(name, wish, context);
    expect(changes).toEqual([{ what: 'exec in redis-0 (redis)', from: null, to: argv.join(' ') }]);
    expect(target).toBe('kubernetes/default/app/statefulset.apps/redis');
    expect(notes).toEqual(['in the first ready pod of StatefulSet redis only']);
    expect(await applyOf(name, intent, context)).toEqual({
      results: [{ pod: 'redis-0', exitCode: 0, stdout: 'OK\n', stderr: '', truncated: false }],
    });
    expect(ran).toEqual([
      { cluster: 'default', namespace: 'app', pod: 'redis-0', container: 'redis', argv, timeoutMs: 30_000, mostBytes: 4096 },
    ]);
  });

  it('keeps no credential of what the command says', async () => {
    const made = rig();
    made.answer = () => ({
      exitCode: 0,
      stdout: 'requirepass=hunter2 password=hunter2',
      stderr: 'redis://me:hunter2@redis',
      truncated: false,
    });
    const { intent } = await planOf(name, wish, made.context);
    expect(JSON.stringify(await applyOf(name, intent, made.context))).not.toContain('password=hunter2');
    made.answer = () => ({ exitCode: 1, stdout: '', stderr: 'redis://me:hunter2@redis', truncated: false });
    await expect(applyOf(name, intent, made.context)).rejects.toMatchObject({ message: expect.not.stringContaining('hunter2') as string });
  });

  it('runs in every pod, one after the other', async () => {
    const { context, ran } = rig();
    const { intent } = await planOf(name, { ...wish, pods: 'every' }, context);
    await applyOf(name, intent, context);
    expect(ran.map(({ pod }) => pod)).toEqual(['redis-0', 'redis-1', 'redis-2']);
  });

  it('wants every pod ready for every pod', async () => {
    const { practice, context } = rig();
    practice.cluster.setPodReady('app', 'redis-1', false);
    await expect(planOf(name, { ...wish, pods: 'every' }, context)).rejects.toMatchObject({ code: 'target.ambiguous' });
    expect((await planOf(name, wish, context)).changes).toHaveLength(1);
  });

  it('of a pod acts under the name of what owns it', async () => {
    const { context } = rig();
    const { target } = await planOf(name, { namespace: 'app', pod: 'redis-2', command: 'purge', args }, context);
    expect(target).toBe('kubernetes/default/app/statefulset.apps/redis');
  });

  it('that ends with another code than 0 fails, with its last line, and stops there', async () => {
    const made = rig();
    made.answer = ({ pod }) => ({ exitCode: pod === 'redis-1' ? 2 : 0, stdout: '', stderr: 'first\nno such thing\n', truncated: false });
    const { intent } = await planOf(name, { ...wish, pods: 'every' }, made.context);
    await expect(applyOf(name, intent, made.context)).rejects.toMatchObject({
      code: 'kubernetes.command-failed',
      retryable: false,
      message: 'purge in pod app/redis-1 ended with 2: no such thing; 1 of 3 pods were done',
    });
    expect(made.ran).toHaveLength(2);
  });

  it('cannot be repeated, and tells the engine when it does not know the end', async () => {
    const made = rig();
    made.answer = () => new FixpointError('kubernetes.unavailable', 'the connection ended before the command did');
    const { intent } = await planOf(name, wish, made.context);
    expect(actionNamed(name).effect).toBe('once');
    await expect(applyOf(name, intent, made.context)).rejects.toMatchObject({ retryable: true });
    expect(made.ran).toHaveLength(1);
  });

  it('runs nothing in a pod that was made anew since', async () => {
    const { practice, context, ran } = rig();
    const { intent } = await planOf(name, wish, context);
    const pod = practice.cluster.get('Pod', 'app', 'redis-0');
    if (pod !== undefined) practice.cluster.delete(pod);
    practice.rest();
    await expect(applyOf(name, intent, context)).rejects.toMatchObject({ code: 'target.changed' });
    expect(ran).toEqual([]);
  });

  it('runs nothing when the command is declared otherwise by now', async () => {
    const planned = rig();
    const { intent } = await planOf(name, wish, planned.context);
    const changed = rig({ ...purge, argv: ['rm', '${db}', '${mode}', '${key}'] });
    await expect(applyOf(name, intent, changed.context)).rejects.toMatchObject({ code: 'target.changed' });
    expect(changed.ran).toEqual([]);
  });

  it.each([
    [{ what: 'a command that nobody declared', params: { ...wish, command: 'other' }, command: purge }, 'no command is named other'],
    [
      { what: 'another namespace than the command may run in', params: wish, command: { ...purge, namespaces: ['shop'] } },
      'command purge may run in shop, not in app',
    ],
    [
      { what: 'a value that does not fit', params: { ...wish, args: { ...args, db: 99 } }, command: purge },
      'its parameter db must be a whole number from 0 to 15, not 99',
    ],
  ])('refuses $what', async ({ params, command }, message) => {
    await expect(planOf(name, params, rig(command).context)).rejects.toMatchObject({ message: expect.stringContaining(message) as string });
  });

  it('wants a container named where there are several', async () => {
    const { context } = rig(purge, ['redis', 'exporter']);
    await expect(planOf(name, wish, context)).rejects.toMatchObject({
      code: 'target.ambiguous',
      message: expect.stringContaining('redis, exporter') as string,
    });
    expect((await planOf(name, { ...wish, container: 'exporter' }, context)).changes[0]?.what).toBe('exec in redis-0 (exporter)');
  });

  it.each([
    ['a command line', { namespace: 'app', owner, command: 'rm -rf /' }],
    ['a secret', { ...wish, args: { key: secretMarker('password') } }],
    ['neither pod nor owner', { namespace: 'app', command: 'purge' }],
    ['a path as pod', { namespace: 'app', pod: '../../kube-system/pods/etcd', command: 'purge' }],
    ['a path as container', { ...wish, container: '../x' }],
    ['an endless timeout', { ...wish, timeout: '1h' }],
  ])('does not take %s', (_what, params) => {
    expect(isAccepted(name, params)).toBe(false);
  });
});

describe('the arguments of a declared command', () => {
  it.each([
    [{ ...args, key: '; rm -rf /' }, 'its parameter key must match'],
    [{ ...args, key: '--all' }, 'its parameter key must match'],
    [{ ...args, key: 'abcdefghijklmnop' }, 'its parameter key must match'],
    [{ ...args, mode: 'async' }, 'its parameter mode must be one of ASYNC, SYNC'],
    [{ ...args, db: 1.5 }, 'its parameter db must be a whole number'],
    [{ ...args, db: '1' }, 'its parameter db must be a whole number'],
    [{ ...args, keyy: 'a' }, 'it takes no parameter keyy; did you mean key?'],
    [{ db: 1, mode: 'SYNC' }, 'its parameter key is missing'],
    [{ ...args, constructor: 'x' }, 'it takes no parameter constructor'],
  ])('%j are refused', (given, problem) => {
    expect(commandLine(purge, given)).toEqual({ problem: expect.stringContaining(problem) as string });
  });

  it('stay whole arguments whatever is in them', () => {
    const command: DeclaredCommand = { argv: ['echo', '${text}'], params: { text: { type: 'string', pattern: '.*', maxLength: 100 } } };
    expect(commandLine(command, { text: '$(id) `id` "x" ${text}' })).toEqual({ argv: ['echo', '$(id) `id` "x" ${text}'] });
  });
});
