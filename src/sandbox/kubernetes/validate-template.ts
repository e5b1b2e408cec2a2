import { isPlainObject, listAt, objectAt, textAt, textsAt } from './plain.ts';
import type { PlainObject } from './plain.ts';
import { parseQuantity } from '../../value/quantity.ts';
import type { Cause } from './status-error.ts';

export type FieldCause = Required<Cause>;

export function required(field: string, why = ''): FieldCause {
  return { reason: 'FieldValueRequired', message: why === '' ? 'Required value' : `Required value: ${why}`, field };
}

export function invalidValue(field: string, shown: string, why: string): FieldCause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${shown}: ${why}`, field };
}

export function forbiddenField(field: string, why: string): FieldCause {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field };
}

export function unsupported(field: string, given: string, supported: readonly string[]): FieldCause {
  const values = supported.map((value) => JSON.stringify(value)).join(', ');
  return { reason: 'FieldValueNotSupported', message: `Unsupported value: ${JSON.stringify(given)}: supported values: ${values}`, field };
}

/** Whole numbers from 0, in the words of the API server. */
export function notNegative(field: string, value: unknown): readonly FieldCause[] {
  return typeof value === 'number' && value < 0 ? [invalidValue(field, String(value), 'must be greater than or equal to 0')] : [];
}

/** Faults of a pod template's or a pod's containers, reported under `field` (`spec.template.spec`). */
export function validatePodSpec(spec: PlainObject, field: string): readonly FieldCause[] {
  const containers = listAt(spec, 'containers');
  if (containers.length === 0) return [required(`${field}.containers`)];
  return containers.flatMap((container, index) => validateContainer(container, `${field}.containers[${index}]`));
}

function validateContainer(container: PlainObject, field: string): readonly FieldCause[] {
  const policy = textAt(container, 'imagePullPolicy');
  const policies = ['Always', 'IfNotPresent', 'Never'];
  return [
    ...(textAt(container, 'name') === '' ? [required(`${field}.name`)] : []),
    ...(textAt(container, 'image') === '' ? [required(`${field}.image`)] : []),
    ...listAt(container, 'env').flatMap((entry, index) => validateEntry(entry, `${field}.env[${index}]`)),
    ...(policies.includes(policy) ? [] : [unsupported(`${field}.imagePullPolicy`, policy, policies)]),
    ...validateResources(objectAt(container, 'resources'), `${field}.resources`),
  ];
}

function validateEntry(entry: PlainObject, field: string): readonly FieldCause[] {
  if (textAt(entry, 'name') === '') return [required(`${field}.name`)];
  const isDouble = textAt(entry, 'value') !== '' && isPlainObject(entry['valueFrom']);
  return isDouble ? [invalidValue(`${field}.valueFrom`, '""', 'may not be specified when `value` is not empty')] : [];
}

function validateResources(resources: PlainObject, field: string): readonly FieldCause[] {
  const limits = textsAt(resources, 'limits');
  const requests = textsAt(resources, 'requests');
  const causes: FieldCause[] = [];
  for (const [list, amounts] of Object.entries({ limits, requests })) {
    for (const [name, amount] of Object.entries(amounts)) {
      if ((parseQuantity(amount)?.nano ?? 0n) < 0n) {
        causes.push(invalidValue(`${field}.${list}[${name}]`, JSON.stringify(amount), 'must be greater than or equal to 0'));
      }
    }
  }
  for (const [name, amount] of Object.entries(requests)) {
    const limit = limits[name];
    if (limit === undefined) continue;
    const isAbove = (parseQuantity(amount)?.nano ?? 0n) > (parseQuantity(limit)?.nano ?? 0n);
    if (isAbove)
      causes.push(invalidValue(`${field}.requests`, JSON.stringify(amount), `must be less than or equal to ${name} limit of ${limit}`));
  }
  return causes;
}
