import type { KubernetesObject } from './object.ts';
import { objectAt, textsAt } from './plain.ts';
import type { PlainObject } from './plain.ts';

type TemplateDefaults = (template: PlainObject) => PlainObject;

/** A Job gets a selector and labels from its own uid. */
export function withJobDefaults(job: KubernetesObject, podTemplate: TemplateDefaults): KubernetesObject {
  const { name, uid = '' } = job.metadata;
  const own = { 'batch.kubernetes.io/controller-uid': uid, 'batch.kubernetes.io/job-name': name, 'controller-uid': uid, 'job-name': name };
  const spec = objectAt(job, 'spec');
  const template = podTemplate(objectAt(spec, 'template'));
  const metadata = { ...objectAt(template, 'metadata'), labels: { ...textsAt(template, 'metadata', 'labels'), ...own } };
  return {
    ...job,
    metadata: { ...job.metadata, labels: { ...job.metadata.labels, ...own } },
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
      manualSelector: false,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      ...spec,
      template: { ...template, metadata },
    },
  };
}

export function withCronJobDefaults(cronJob: KubernetesObject, podTemplate: TemplateDefaults): KubernetesObject {
  const spec = objectAt(cronJob, 'spec');
  const inner = objectAt(spec, 'jobTemplate');
  const jobSpec = objectAt(inner, 'spec');
  return {
    ...cronJob,
    spec: {
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
      ...spec,
      jobTemplate: {
        ...inner,
        metadata: { creationTimestamp: null, ...objectAt(inner, 'metadata') },
        spec: { ...jobSpec, template: podTemplate(objectAt(jobSpec, 'template')) },
      },
    },
  };
}
