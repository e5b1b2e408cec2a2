import { numberAt } from './plain.ts';
import type { PlainObject } from './plain.ts';
import { forbiddenField, invalidValue } from './validate-template.ts';
import type { FieldCause } from './validate-template.ts';

const longestWindow = 3600;

/** As test/fixtures/kubernetes/transcripts/08-hpa.json refuses bounds and windows. */
export function validateAutoscaler(spec: PlainObject): readonly FieldCause[] {
  const min = numberAt(spec, 'minReplicas') ?? 1;
  const max = numberAt(spec, 'maxReplicas') ?? 0;
  const shown = String(max);
  return [
    ...(min < 1 ? [invalidValue('spec.minReplicas', String(min), 'must be greater than or equal to 1')] : []),
    ...(max < 1 ? [invalidValue('spec.maxReplicas', shown, 'must be greater than 0')] : []),
    ...(max < min ? [invalidValue('spec.maxReplicas', shown, 'must be greater than or equal to `minReplicas`')] : []),
    ...(min === 0
      ? [forbiddenField('spec.metrics', 'must specify at least one Object or External metric to support scaling to zero replicas')]
      : []),
    ...(['scaleUp', 'scaleDown'] as const).flatMap((direction) => {
      const window = numberAt(spec, 'behavior', direction, 'stabilizationWindowSeconds') ?? 0;
      const field = `spec.behavior.${direction}.stabilizationWindowSeconds`;
      return window > longestWindow ? [invalidValue(field, String(window), `must be less than or equal to ${longestWindow}`)] : [];
    }),
  ];
}
