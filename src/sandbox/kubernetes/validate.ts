import { isDeepStrictEqual } from 'node:util';
import { goStringMap } from './go-text.ts';
import type { KubernetesObject } from './object.ts';
import { validateCronJob, validateJob, validateJobChange } from './validate-job.ts';
import { isPlainObject, listAt, objectAt, textAt, textsAt, valueAt } from './plain.ts';
import type { PlainObject } from './plain.ts';
import { meets, requirementsOf } from './selector.ts';
import { validateAutoscaler } from './validate-autoscaler.ts';
import { forbiddenField, invalidValue, notNegative, required, unsupported, validatePodSpec } from './validate-template.ts';
import type { FieldCause } from './validate-template.ts';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const configKeyRule =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/** All faults of a new or changed object, in the order the API server lists them. */
export function validate(object: KubernetesObject): readonly FieldCause[] {
  return [...validateName(object), ...validateKind(object)];
}

function validateName(object: KubernetesObject): readonly FieldCause[] {
  const { name } = object.metadata;
  if (name === '' || name === undefined) return [required('metadata.name', 'name or generateName is required')];
  return subdomain.test(name) && name.length <= 253 ? [] : [invalidValue('metadata.name', JSON.stringify(name), subdomainRule)];
}

function validateKind(object: KubernetesObject): readonly FieldCause[] {
  switch (object.kind) {
    case 'Deployment':
    case 'ReplicaSet':
    case 'StatefulSet':
    case 'DaemonSet':
      return validateWorkload(objectAt(object, 'spec'));
    case 'Pod':
      return validatePodSpec(objectAt(object, 'spec'), 'spec');
    case 'ConfigMap':
      return validateKeys(object);
    case 'Secret':
      return [...validateKeys(object), ...requiredKeys(object)];
    case 'HorizontalPodAutoscaler':
      return validateAutoscaler(objectAt(object, 'spec'));
    case 'Service':
      return validateService(objectAt(object, 'spec'));
    case 'Event':
      return validateEvent(object);
    case 'Job':
      return validateJob(object);
    case 'CronJob':
      return validateCronJob(object);
    default:
      return [];
  }
}

function validateKeys(object: KubernetesObject): readonly FieldCause[] {
  return Object.keys(objectAt(object, 'data'))
    .filter((key) => !/^[-._a-zA-Z0-9]+$/.test(key))
    .map((key) => invalidValue(`data[${key}]`, JSON.stringify(key), configKeyRule));
}

function requiredKeys(secret: KubernetesObject): readonly FieldCause[] {
  const keys = secret['type'] === 'kubernetes.io/tls' ? ['tls.crt', 'tls.key'] : [];
  return keys.filter((key) => valueAt(secret, 'data', key) === undefined).map((key) => required(`data[${key}]`));
}

function validateWorkload(spec: PlainObject): readonly FieldCause[] {
  const selector = spec['selector'];
  const labels = valueAt(spec, 'template', 'metadata', 'labels');
  const hasSelector = isPlainObject(selector) && Object.keys(selector).length > 0;
  const isMatching = hasSelector && meets(requirementsOf(selector), textsAt(spec, 'template', 'metadata', 'labels'));
  const shown = goStringMap(isPlainObject(labels) ? textsAt(spec, 'template', 'metadata', 'labels') : undefined);
  const restartPolicy = textAt(spec, 'template', 'spec', 'restartPolicy');
  return [
    ...notNegative('spec.replicas', spec['replicas']),
    ...(hasSelector ? [] : [required('spec.selector')]),
    ...(isMatching ? [] : [invalidValue('spec.template.metadata.labels', shown, '`selector` does not match template `labels`')]),
    ...validatePodSpec(objectAt(spec, 'template', 'spec'), 'spec.template.spec'),
    ...(restartPolicy === 'Always' ? [] : [unsupported('spec.template.spec.restartPolicy', restartPolicy, ['Always'])]),
    ...notNegative('spec.minReadySeconds', spec['minReadySeconds']),
  ];
}

function validateService(spec: PlainObject): readonly FieldCause[] {
  const ports = listAt(spec, 'ports');
  const isPortless = ports.length === 0 && spec['clusterIP'] !== 'None' && spec['type'] !== 'ExternalName';
  if (isPortless) return [required('spec.ports')];
  return ports.flatMap((port, index) => (ports.length > 1 && textAt(port, 'name') === '' ? [required(`spec.ports[${index}].name`)] : []));
}

/** Events about cluster-scoped objects belong to `default`. */
function validateEvent(event: KubernetesObject): readonly FieldCause[] {
  const about = textAt(event, 'involvedObject', 'namespace');
  const namespace = event.metadata.namespace ?? '';
  const isRight = about === '' ? namespace === 'default' : about === namespace;
  return isRight ? [] : [invalidValue('involvedObject.namespace', JSON.stringify(about), 'does not match event.namespace')];
}

/** All faults of a change, in the order the API server lists them: ConfigMaps and Secrets name what is immutable first. */
export function validateChange(object: KubernetesObject, previous: KubernetesObject): readonly FieldCause[] {
  const own = validate(object);
  const update = validateUpdate(object, previous);
  return ['ConfigMap', 'Secret'].includes(object.kind) ? [...update, ...own] : [...own, ...update];
}

/** Faults that only show against what was stored before. */
function validateUpdate(object: KubernetesObject, previous: KubernetesObject): readonly FieldCause[] {
  switch (object.kind) {
    case 'Deployment':
    case 'ReplicaSet':
    case 'DaemonSet':
      return validateSelector(object, previous);
    case 'StatefulSet':
      return validateStatefulSet(object, previous);
    case 'ConfigMap':
      return validateImmutable(object, previous);
    case 'Secret':
      return [
        ...(object['type'] === previous['type'] ? [] : [invalidValue('type', JSON.stringify(object['type']), 'field is immutable')]),
        ...validateImmutable(object, previous),
      ];
    case 'Pod':
      return validatePod(object, previous);
    case 'Job':
      return validateJobChange(object, previous);
    case 'Service':
      return validateAddress(object, previous);
    default:
      return [];
  }
}

function validateSelector(object: KubernetesObject, previous: KubernetesObject): readonly FieldCause[] {
  const selector = valueAt(object, 'spec', 'selector');
  if (selector === undefined || isDeepStrictEqual(selector, valueAt(previous, 'spec', 'selector'))) return [];
  const labels = isPlainObject(valueAt(selector, 'matchLabels')) ? textsAt(selector, 'matchLabels') : undefined;
  const shown = `v1.LabelSelector{MatchLabels:${goStringMap(labels)}, MatchExpressions:[]v1.LabelSelectorRequirement(nil)}`;
  return [invalidValue('spec.selector', shown, 'field is immutable')];
}

const statefulSetFields = new Set([
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
]);
const statefulSetRule =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

function validateStatefulSet(object: KubernetesObject, previous: KubernetesObject): readonly FieldCause[] {
  const fixed = (spec: PlainObject): PlainObject => Object.fromEntries(Object.entries(spec).filter(([key]) => !statefulSetFields.has(key)));
  return isDeepStrictEqual(fixed(objectAt(object, 'spec')), fixed(objectAt(previous, 'spec')))
    ? []
    : [forbiddenField('spec', statefulSetRule)];
}

function validateImmutable(object: KubernetesObject, previous: KubernetesObject): readonly FieldCause[] {
  if (previous['immutable'] !== true) return [];
  const rule = 'field is immutable when `immutable` is set';
  if (object['immutable'] !== true) return [forbiddenField('immutable', rule)];
  return ['data', 'binaryData']
    .filter((field) => !isDeepStrictEqual(object[field], previous[field]))
    .map((field) => forbiddenField(field, rule));
}

function validateAddress(object: KubernetesObject, previous: KubernetesObject): readonly FieldCause[] {
  const address = textAt(object, 'spec', 'clusterIP');
  const before = textAt(previous, 'spec', 'clusterIP');
  return before === '' || before === address
    ? []
    : [invalidValue('spec.clusterIPs[0]', `[]string{${JSON.stringify(address)}}`, 'may not change once set')];
}

const podRule =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function validatePod(object: KubernetesObject, previous: KubernetesObject): readonly FieldCause[] {
  const fixed = (pod: KubernetesObject): PlainObject => {
    const { activeDeadlineSeconds: _, tolerations: __, containers, initContainers, ...rest } = objectAt(pod, 'spec');
    const imageless = (list: unknown): unknown =>
      Array.isArray(list) ? list.map((each: unknown) => ({ ...(isPlainObject(each) ? each : {}), image: '' })) : list;
    return { ...rest, containers: imageless(containers), initContainers: imageless(initContainers) };
  };
  return isDeepStrictEqual(fixed(object), fixed(previous)) ? [] : [forbiddenField('spec', podRule)];
}
