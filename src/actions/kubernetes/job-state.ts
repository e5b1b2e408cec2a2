import type { KubernetesObject } from '../../ports/kubernetes.ts';

export type JobState =
  | { readonly ended?: undefined }
  | { readonly ended: 'succeeded'; readonly succeeded: number; readonly seconds: number }
  | { readonly ended: 'failed'; readonly reason: string };

interface JobStatus {
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly succeeded?: number;
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string; readonly message?: string }[];
}

/** Only Complete and Failed are final; SuccessCriteriaMet and FailureTarget come before them (fact 31). */
export function jobState(job: KubernetesObject): JobState {
  const { conditions = [], startTime, completionTime, succeeded = 0 } = (job['status'] ?? {}) as JobStatus;
  const final = (type: string) => conditions.find((condition) => condition.type === type && condition.status === 'True');
  const failed = final('Failed');
  if (failed !== undefined) return { ended: 'failed', reason: failed.message ?? failed.reason ?? 'no reason given' };
  if (final('Complete') === undefined) return {};
  const seconds = (Date.parse(completionTime ?? '') - Date.parse(startTime ?? '')) / 1000;
  return { ended: 'succeeded', succeeded, seconds: Number.isFinite(seconds) ? seconds : 0 };
}
