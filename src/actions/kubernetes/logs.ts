import { RE2JS } from 're2js';
import { z } from 'zod';
import { FixpointError, messageOf } from '../../errors.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import { redactText } from '../../value/redact.ts';
import { defineAction, type ReadContext } from '../action.ts';
import { ContainerName } from './container.ts';
import { ObjectName } from './names.ts';
import { selectedPods, selectionPermissions, selectionShape } from './pod-selection.ts';

/** What one step may bring home. */
const mostPods = 20;
const mostText = 65_536;
const longestLine = 2000;

/** What is read of one container's log. The API cuts off the end of what is longer, so that must not happen to the newest lines. */
const mostLines = 5000;
const mostBytes = 4_194_304;

const Params = z
  .strictObject({
    ...selectionShape,
    pod: ObjectName.optional().describe('One pod; this, `owner` or `selector`.'),
    container: ContainerName.describe('The container; left out: each of a pod.'),
    previous: z.boolean().default(false).describe('The log of the container before its last restart.'),
    lines: z
      .int()
      .min(1)
      .max(mostLines)
      .default(100)
      .describe('How many lines, from the end, of each container; with `pattern` how many that match.'),
    since: z.int().min(1).max(604_800).optional().describe('Only the last so many seconds.'),
    pattern: z
      .string()
      .min(1)
      .max(1000)
      .refine(isRe2, 'must be a regular expression of RE2')
      .optional()
      .describe('Only lines that contain a match of this regular expression (RE2), among the last 5000.'),
  })
  .refine(
    ({ pod, owner, selector }) => [pod, owner, selector].filter((each) => each !== undefined).length === 1,
    'must have exactly one of pod, owner and selector',
  );

interface ContainerLog {
  readonly pod: string;
  readonly container: string;
  readonly lines: readonly string[];
  /** Why there is no log, where there is none. */
  readonly error: string | null;
}

export const logs = defineAction<z.infer<typeof Params>, null>({
  name: 'kubernetes.logs',
  summary: 'Read the end of container logs, of one pod or of all pods of an owner; what looks like a credential is hidden.',
  effect: 'read',
  output: '`{ matched, truncated, logs: [{ pod, container, lines, error }] }`, newest pods first',
  params: Params,
  target: () => undefined,
  permissions: ({ pod, ...params }) => {
    const { cluster, namespace } = params;
    const named = pod === undefined ? {} : { name: pod };
    return [
      { cluster, namespace, apiGroup: '', resource: 'pods', verbs: [pod === undefined ? 'list' : 'get'], ...named },
      { cluster, namespace, apiGroup: '', resource: 'pods/log', verbs: ['get'], ...named },
      ...selectionPermissions(params),
    ];
  },
  async plan(params, context) {
    const { cluster, namespace, pod } = params;
    const place = { cluster, apiVersion: 'v1', kind: 'Pod', namespace };
    const found =
      pod === undefined ? await selectedPods(params, context) : [await context.kubernetes.get({ ...place, name: pod }, context.signal)];
    const newest = found.toSorted((a, b) => createdAt(b).localeCompare(createdAt(a))).slice(0, mostPods);
    const read: ContainerLog[] = [];
    let left = mostText;
    let truncated = found.length > newest.length;
    for (const each of newest) {
      for (const container of containersOf(each, params.container)) {
        const log = await logOf(params, { pod: each.metadata.name, container }, context);
        const kept = lastOf(log.lines, left);
        truncated ||= kept.length < log.lines.length;
        left -= kept.reduce((sum, line) => sum + line.length + 1, 0);
        read.push({ ...log, lines: kept });
      }
    }
    const matched = read.reduce((sum, { lines }) => sum + lines.length, 0);
    return { intent: null, changes: [], output: { matched, truncated, logs: read.map((log) => ({ ...log })) } };
  },
  apply: () => Promise.resolve(null),
});

function isRe2(pattern: string): boolean {
  try {
    RE2JS.compile(pattern);
    return true;
  } catch {
    return false;
  }
}

function createdAt({ metadata }: KubernetesObject): string {
  const time = metadata['creationTimestamp'];
  return typeof time === 'string' ? time : '';
}

function containersOf(pod: KubernetesObject, wanted: string | undefined): readonly string[] {
  const { containers = [], initContainers = [] } = (pod['spec'] ?? {}) as Containers;
  const main = containers.map(({ name }) => name);
  if (wanted === undefined) return main;
  const all = [...main, ...initContainers.map(({ name }) => name)];
  if (all.includes(wanted)) return [wanted];
  throw new FixpointError('target.missing', `pod ${pod.metadata.name} has no container ${wanted}; it has ${all.join(', ')}`);
}

interface Containers {
  readonly containers?: readonly { readonly name: string }[];
  readonly initContainers?: readonly { readonly name: string }[];
}

/** A log that the API does not give (not started, no previous one) says so in its place; what concerns all of them is thrown. */
async function logOf(
  params: z.infer<typeof Params>,
  { pod, container }: { pod: string; container: string },
  { kubernetes, signal }: ReadContext,
): Promise<ContainerLog> {
  const { cluster, namespace, previous, lines, since, pattern } = params;
  const bounds = { tailLines: pattern === undefined ? lines : mostLines, limitBytes: mostBytes };
  const request = { cluster, namespace, pod, container, ...bounds, previous, ...(since === undefined ? {} : { sinceSeconds: since }) };
  try {
    const text = await kubernetes.podLog(request, signal);
    const matcher = pattern === undefined ? undefined : RE2JS.compile(pattern);
    const all = text.split('\n').map((line) => line.replace(/\r$/, ''));
    const wanted = all.filter((line) => line !== '' && (matcher === undefined || matcher.test(line)));
    const shown = wanted.slice(-lines).map((line) => line.slice(0, longestLine));
    // As one text, for a private key has several lines.
    return { pod, container, lines: shown.length === 0 ? [] : redactText(shown.join('\n')).split('\n'), error: null };
  } catch (error) {
    if (signal.aborted || !(error instanceof FixpointError)) throw error;
    if (error.code !== 'kubernetes.invalid' && error.code !== 'kubernetes.not-found') throw error;
    return { pod, container, lines: [], error: redactText(messageOf(error)) };
  }
}

/** As many of the last lines as fit. */
function lastOf(lines: readonly string[], most: number): readonly string[] {
  let size = 0;
  const start = lines.findLastIndex((line) => (size += line.length + 1) > most);
  return lines.slice(start + 1);
}
