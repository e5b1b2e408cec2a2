import { z } from 'zod';
import { FixpointError, messageOf } from '../../errors.ts';
import type { DeclaredCommand, ExecResult, KubernetesObject } from '../../ports/kubernetes.ts';
import type { Json } from '../../value/json.ts';
import { redactText } from '../../value/redact.ts';
import { secretNamesIn } from '../../value/secret-marker.ts';
import { formatTarget, type Target } from '../../value/target.ts';
import { defineAction, type Permission, type ReadContext } from '../action.ts';
import { lengthBetween, lengthOf } from '../length.ts';
import { commandLine } from './command-line.ts';
import { podTarget } from './ending.ts';
import { ClusterName, Namespace, ObjectName } from './names.ts';
import { ownerOf, targetOfOwner } from './owner.ts';
import { isTerminating, livePod, podRef } from './pod-gone.ts';
import { selectorOf } from './selector-of.ts';
import { workloadKinds, workloadTarget } from './workload.ts';

/** Kept of each pod's two outputs. */
const mostKept = 4096;
const mostPods = 50;

const Params = z
  .strictObject({
    cluster: ClusterName,
    namespace: Namespace,
    pod: ObjectName.optional().describe('The pod; this or `owner`.'),
    owner: z
      .strictObject({ kind: z.enum(workloadKinds).default('Deployment'), name: ObjectName })
      .optional()
      .describe('The workload in whose pods it runs; this or `pod`.'),
    pods: z.enum(['one', 'every']).default('one').describe('Of `owner`: one ready pod, or every pod, which then all have to be ready.'),
    container: z
      .string()
      .regex(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/, 'must be the name of a container')
      .optional()
      .describe("The container; the command's own, else the pod's only one, unless told."),
    command: z
      .string()
      .regex(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/, 'must be the name of a command under `commands:` in fixpoint.yaml')
      .describe('A command of `commands:` in fixpoint.yaml; command lines are never written into rules.'),
    args: z
      .record(z.string(), z.union([z.string().max(4096), z.number(), z.boolean()]))
      .default({})
      .refine((args) => secretNamesIn(JSON.stringify(args)).length === 0, 'must not hold a secret: whoever sees processes sees arguments')
      .describe("Values of the command's parameters."),
    timeout: lengthBetween(100, 600_000).default('30s').describe('How long it may take in one pod.'),
  })
  .refine(({ pod, owner }) => (pod === undefined) !== (owner === undefined), 'must have exactly one of pod and owner');

type Place = { readonly namespace: string; readonly pod: string; readonly uid: string; readonly container: string };
type Intent = {
  readonly cluster: string;
  readonly places: readonly Place[];
  readonly command: string;
  readonly args: { readonly [name: string]: Json };
  readonly argv: readonly string[];
  readonly timeoutMs: number;
};

/** Output: `{ results: [{ pod, exitCode, stdout, stderr, truncated }] }`; an exit code other than 0 fails the step. */
export const exec = defineAction<z.infer<typeof Params>, Intent>({
  name: 'kubernetes.exec',
  summary: 'Run a declared command in one or every pod of a workload, without a shell.',
  effect: 'once',
  params: Params,
  target: (params) => targetOf(params),
  permissions: ({ cluster, namespace, pod, owner }) => [
    { cluster, namespace, apiGroup: '', resource: 'pods', verbs: ['get', ...(owner === undefined ? [] : ['list'])], ...named(pod) },
    // A WebSocket is opened by a GET; newer servers ask for `create` as well.
    { cluster, namespace, apiGroup: '', resource: 'pods/exec', verbs: ['get', 'create'], ...named(pod) },
    ...(owner === undefined
      ? [{ cluster, namespace, apiGroup: 'apps', resource: 'replicasets', verbs: ['get'] } satisfies Permission]
      : [{ cluster, namespace, apiGroup: 'apps', resource: `${owner.kind.toLowerCase()}s`, verbs: ['get'], name: owner.name }]),
    { cluster, namespace, apiGroup: '', resource: 'events', verbs: ['create'] },
  ],
  async plan(params, context) {
    const { cluster, namespace, command, args, owner } = params;
    const declared = declaredCommand(params, context);
    const line = commandLine(declared, args);
    if ('problem' in line) throw new FixpointError('params.invalid', `command ${command}: ${line.problem}`);
    const { pods, target } = await findPods(params, context);
    const places = pods.map((pod) => ({
      namespace,
      pod: pod.metadata.name,
      uid: pod.metadata.uid,
      container: containerOf(pod, params.container ?? declared.container),
    }));
    const timeoutMs = lengthOf(params.timeout);
    const intent: Intent = { cluster, places, command, args, argv: line.argv, timeoutMs };
    const changes = places.map(({ pod, container }) => ({ what: `exec in ${pod} (${container})`, from: null, to: line.argv.join(' ') }));
    const notes = owner !== undefined && params.pods === 'one' ? [`in the first ready pod of ${owner.kind} ${owner.name} only`] : [];
    return { intent, changes, target, notes };
  },
  async apply({ cluster, places, command, args, argv, timeoutMs }, context) {
    const { kubernetes, write, run, signal } = context;
    const declared = kubernetes.command(command);
    const line = declared === undefined ? undefined : commandLine(declared, args);
    if (line === undefined || !('argv' in line) || JSON.stringify(line.argv) !== JSON.stringify(argv))
      throw new FixpointError('target.changed', `command ${command} is declared otherwise than when this was planned`);
    const results: { [key: string]: Json }[] = [];
    for (const { namespace, pod, uid, container } of places) {
      const told = `${results.length} of ${places.length} pods were done`;
      try {
        const place = { cluster, namespace, pod };
        const live = await livePod(place, uid, context);
        if (live === undefined || isTerminating(live))
          throw new FixpointError('target.changed', `pod ${namespace}/${pod} is gone or going`);
        const request = { cluster, namespace, pod, container, argv, timeoutMs, mostBytes: mostKept };
        const ended = await write.kubernetes.exec(request, signal);
        const result = { ...ended, stdout: redactText(ended.stdout), stderr: redactText(ended.stderr) };
        await write.kubernetes.trace(
          { ...podRef(place), uid },
          { reason: 'CommandRun', message: `Fixpoint: ${command}, exit code ${result.exitCode} (run ${run})`, run },
          signal,
        );
        results.push({ pod, ...result });
        if (result.exitCode !== 0)
          throw new FixpointError(
            'kubernetes.command-failed',
            `${command} in pod ${namespace}/${pod} ended with ${result.exitCode}${lastLine(result)}`,
          );
      } catch (error) {
        if (!(error instanceof FixpointError) || places.length === 1) throw error;
        throw new FixpointError(error.code, `${messageOf(error)}; ${told}`, { cause: error, details: error.details });
      }
    }
    return { results };
  },
});

function named(pod: string | undefined): { readonly name?: string } {
  return pod === undefined ? {} : { name: pod };
}

function targetOf({ cluster, namespace, pod, owner }: z.infer<typeof Params>): Target | undefined {
  if (owner !== undefined) return workloadTarget({ cluster, namespace, ...owner });
  return pod === undefined ? undefined : podTarget({ cluster, namespace, pod });
}

function declaredCommand({ command, namespace }: z.infer<typeof Params>, { kubernetes }: Pick<ReadContext, 'kubernetes'>): DeclaredCommand {
  const declared = kubernetes.command(command);
  if (declared === undefined) throw new FixpointError('params.invalid', `no command is named ${command} (commands: in fixpoint.yaml)`);
  if (declared.namespaces !== undefined && !declared.namespaces.includes(namespace))
    throw new FixpointError('params.invalid', `command ${command} may run in ${declared.namespaces.join(', ')}, not in ${namespace}`);
  return declared;
}

async function findPods(
  { cluster, namespace, pod, owner, pods }: z.infer<typeof Params>,
  context: Pick<ReadContext, 'kubernetes' | 'signal'>,
): Promise<{ readonly pods: readonly KubernetesObject[]; readonly target: string }> {
  const { kubernetes, signal } = context;
  if (pod !== undefined) {
    const place = { cluster, namespace, pod };
    const live = await kubernetes.get(podRef(place), signal);
    const owning = await ownerOf(live, place, context);
    return { pods: [live], target: owning === undefined ? formatTarget(podTarget(place)) : targetOfOwner(owning, place) };
  }
  if (owner === undefined) throw new FixpointError('params.invalid', 'kubernetes.exec needs pod or owner');
  const labelSelector = await selectorOf(kubernetes, { cluster, namespace, owner }, signal);
  const all = await kubernetes.list({ cluster, apiVersion: 'v1', kind: 'Pod', namespace, labelSelector }, signal);
  const live = all.filter((each) => !isTerminating(each));
  const ready = live.filter(isReady);
  const what = `${owner.kind} ${namespace}/${owner.name}`;
  if (ready.length === 0) throw new FixpointError('target.missing', `${what} has no ready pod`);
  if (pods === 'every' && ready.length < live.length)
    throw new FixpointError('target.ambiguous', `${live.length - ready.length} of ${live.length} pods of ${what} are not ready`);
  if (pods === 'every' && live.length > mostPods)
    throw new FixpointError('target.ambiguous', `${what} has ${live.length} pods, more than ${mostPods}`);
  const target = formatTarget(workloadTarget({ cluster, namespace, ...owner }));
  return { pods: pods === 'every' ? ready : ready.slice(0, 1), target };
}

function isReady(pod: KubernetesObject): boolean {
  const { conditions = [] } = (pod['status'] ?? {}) as { conditions?: readonly { type: string; status: string }[] };
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

function containerOf(pod: KubernetesObject, wanted: string | undefined): string {
  const names = ((pod['spec'] as { containers?: readonly { name: string }[] } | undefined)?.containers ?? []).map(({ name }) => name);
  const [only = ''] = names;
  if (wanted === undefined && names.length === 1) return only;
  if (wanted !== undefined && names.includes(wanted)) return wanted;
  const where = `pod ${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
  throw new FixpointError(
    'target.ambiguous',
    `${where} has the containers ${names.join(', ')}; ${wanted === undefined ? 'name one' : `none is named ${wanted}`}`,
  );
}

function lastLine({ stderr, stdout }: ExecResult): string {
  const line = (stderr || stdout).trimEnd().split('\n').at(-1) ?? '';
  return line === '' ? '' : `: ${line.slice(0, 200)}`;
}
