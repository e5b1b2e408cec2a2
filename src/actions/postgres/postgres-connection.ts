import { z } from 'zod';
import { isDnsLabel } from '../../value/name.ts';
import type { Target } from '../../value/target.ts';
import { naming } from '../parameter-use.ts';

export const PostgresConnection = naming(
  'postgres',
  z
    .string()
    .refine(isDnsLabel, 'must be the name of a database under `postgres:` in fixpoint.yaml')
    .describe('A database of `postgres:` in fixpoint.yaml.'),
);

export function postgresTarget({ connection }: { readonly connection: string }): Target {
  return { technology: 'postgres', name: connection };
}
