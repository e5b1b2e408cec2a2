import { z } from 'zod';
import { DurationText, Identifier, MemberName, StepId, Summary, Values } from './rule-file.ts';

export const Step = z.strictObject({
  id: StepId,
  action: z.string(),
  with: z.record(z.string(), z.unknown()).optional(),
  optional: z.boolean().optional(),
  /** Planned right before it is applied, for an earlier step changes what it reads. */
  late: z.boolean().optional(),
  timeout: DurationText.optional(),
});

/** One remediation as written; a file in `remediations/` holds one. */
export const Remediation = z.strictObject({
  name: MemberName,
  summary: Summary,
  /** JSON Schemas by name of parameter. */
  params: z.record(Identifier, z.unknown()).optional(),
  values: Values.optional(),
  timeout: DurationText.optional(),
  steps: z.array(Step).min(1),
});
export type Remediation = z.infer<typeof Remediation>;
