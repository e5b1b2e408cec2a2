import { isDeepStrictEqual } from 'node:util';
import { scheduleProblem } from './controllers/cron-schedule.ts';
import type { KubernetesObject } from './object.ts';
import { objectAt, textAt, valueAt } from './plain.ts';
import { invalidValue, required, validatePodSpec } from './validate-template.ts';
import type { FieldCause } from './validate-template.ts';

export function validateJob(job: KubernetesObject): readonly FieldCause[] {
  return validateTemplate(objectAt(job, 'spec', 'template', 'spec'), 'spec.template.spec');
}

export function validateCronJob(cronJob: KubernetesObject): readonly FieldCause[] {
  const schedule = textAt(cronJob, 'spec', 'schedule');
  const problem = scheduleProblem(schedule);
  return [
    ...(problem === undefined ? [] : [invalidValue('spec.schedule', JSON.stringify(schedule), problem)]),
    ...validateTemplate(objectAt(cronJob, 'spec', 'jobTemplate', 'spec', 'template', 'spec'), 'spec.jobTemplate.spec.template.spec'),
  ];
}

/** A Job's template stays as it is; the server quotes it whole in Go's notation, which is left out. */
export function validateJobChange(job: KubernetesObject, previous: KubernetesObject): readonly FieldCause[] {
  const template = (of: KubernetesObject): unknown => valueAt(of, 'spec', 'template');
  return isDeepStrictEqual(template(job), template(previous))
    ? []
    : [invalidValue('spec.template', 'core.PodTemplateSpec{…}', 'field is immutable')];
}

function validateTemplate(spec: Readonly<Record<string, unknown>>, field: string): readonly FieldCause[] {
  const policy = textAt(spec, 'restartPolicy');
  const isRight = policy === 'OnFailure' || policy === 'Never';
  return [...validatePodSpec(spec, field), ...(isRight ? [] : [required(`${field}.restartPolicy`, 'valid values: "OnFailure", "Never"')])];
}
