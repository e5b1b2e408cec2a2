import { z } from 'zod';
import { LocalSecretRef } from './fields.ts';
import { Address, Tls } from './target-schema.ts';

/** `store:`. */
export const StoreSchema = z
  .strictObject({
    redis: z
      .union([z.string(), LocalSecretRef])
      .optional()
      .describe('Its address, redis:// or rediss:// (encrypted); a secret where it has a password.'),
    sentinel: z
      .strictObject({
        addresses: z.array(Address).min(1).describe('Those that are asked, in turn.'),
        master: z
          .string()
          .regex(/^[-.\w]{1,100}$/, 'expected the name of a master')
          .describe('Its name at the sentinels.'),
        username: z.string().min(1).optional().describe('Of Redis.'),
        password: LocalSecretRef.optional().describe('Of Redis.'),
        sentinelPassword: LocalSecretRef.optional().describe("The sentinels' own."),
      })
      .optional()
      .describe('A master that fails over: sentinels name it, and Fixpoint follows.'),
    tls: Tls,
  })
  .refine(({ redis, sentinel }) => redis === undefined || sentinel === undefined, 'expected one of redis and sentinel')
  .refine(
    ({ sentinel, tls }) => sentinel !== undefined || tls !== true,
    'an address says itself that it is encrypted: rediss://; tls: {ca: <path>} names authorities of its own',
  );
