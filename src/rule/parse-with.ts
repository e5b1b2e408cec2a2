import type { z } from 'zod';
import type { ParsedParams } from './action-shape.ts';

/** How a member of a family with a zod schema parses parameters for the rule loader. */
export function parseWith(schema: z.ZodType): (params: unknown) => ParsedParams {
  return (params) => {
    const parsed = schema.safeParse(params);
    if (parsed.success) return { params: parsed.data };
    return {
      problems: parsed.error.issues.map(({ path, message }) => ({
        path: path.map((part) => (typeof part === 'number' ? part : String(part))),
        message,
      })),
    };
  };
}
