import { z } from 'zod';
import { isDnsLabel, isDnsSubdomain } from '../../value/name.ts';

/** Parameter schemas for names: whatever comes from a label into a Kubernetes name is held to the API's own rules. */
export const Namespace = z
  .string()
  .refine(isDnsLabel, 'must be a DNS label (lower-case letters, digits and -, at most 63)')
  .describe('A namespace.');
export const ObjectName = z
  .string()
  .refine(isDnsSubdomain, 'must be a DNS subdomain (lower-case letters, digits, - and .)')
  .describe('The name of the object.');
export const ClusterName = z
  .string()
  .refine(isDnsLabel, 'must be a DNS label')
  .default('default')
  .describe('A cluster of `clusters:` in fixpoint.yaml.');
