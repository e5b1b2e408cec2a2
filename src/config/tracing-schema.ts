import { z } from 'zod';
import { SecretRef, Origin } from './fields.ts';

/** `tracing:`. */
export const TracingSchema = z.strictObject({
  endpoint: Origin.describe('A collector that takes OTLP over HTTP, such as http://otel-collector:4318; /v1/traces is added.'),
  headers: z
    .record(z.string(), z.union([z.string(), SecretRef]))
    .default({})
    .describe('Sent with each post.'),
  service: z.string().min(1).default('fixpoint').describe('The service.name of what is sent.'),
});
