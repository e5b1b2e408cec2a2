import { messageOf } from '../../errors.ts';
import type { KubernetesObject } from '../../ports/kubernetes.ts';
import { redactText } from '../../value/redact.ts';
import type { ReadContext } from '../action.ts';

/** The end of one container's log. */
export type JobLog = { readonly pod: string; readonly container: string; readonly lines: readonly string[] };

/** Pods and containers whose logs are kept, newest pods first. */
const most = 5;

/** What is read of each log, of which the end is kept: the API cuts off the end of what is longer. */
const mostRead = 1_048_576;
const mostKept = 8192;
const longestLine = 500;

/** The last lines of a Job's logs. A log that cannot be read says so in its place: it decides nothing. */
export async function jobLogs(
  { cluster, namespace, name }: { readonly cluster: string; readonly namespace: string; readonly name: string },
  lines: number,
  { kubernetes, signal }: Pick<ReadContext, 'kubernetes' | 'signal'>,
): Promise<readonly JobLog[]> {
  if (lines === 0) return [];
  const labelSelector = `batch.kubernetes.io/job-name=${name}`;
  const pods = await kubernetes.list({ cluster, apiVersion: 'v1', kind: 'Pod', namespace, labelSelector }, signal);
  const newest = pods.toSorted((a, b) => createdAt(b).localeCompare(createdAt(a))).slice(0, most);
  const wanted = newest.flatMap((pod) =>
    ((pod['spec'] as { containers?: readonly { name: string }[] } | undefined)?.containers ?? []).map((container) => ({
      pod: pod.metadata.name,
      container: container.name,
    })),
  );
  const logs: JobLog[] = [];
  for (const { pod, container } of wanted.slice(0, most)) {
    const request = { cluster, namespace, pod, container, tailLines: lines, limitBytes: mostRead };
    const text = await kubernetes.podLog(request, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      return `no log: ${messageOf(error)}`;
    });
    logs.push({
      pod,
      container,
      lines: redactText(text)
        .slice(-mostKept)
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.slice(0, longestLine)),
    });
  }
  return logs;
}

function createdAt({ metadata }: KubernetesObject): string {
  const time = metadata['creationTimestamp'];
  return typeof time === 'string' ? time : '';
}
