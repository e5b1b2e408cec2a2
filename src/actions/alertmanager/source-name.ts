import { z } from 'zod';
import { isDnsLabel } from '../../value/name.ts';

export const SourceName = z
  .string()
  .refine(isDnsLabel, 'must be the name of a source in fixpoint.yaml')
  .optional()
  .describe("The source whose Alertmanager is meant; the alert's own unless told.");
