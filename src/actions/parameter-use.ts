import { z } from 'zod';

/** What a parameter names beyond its step: a connection of fixpoint.yaml, by its section, or a query. */
export type ParameterUse = 'http' | 'redis' | 'postgres' | 'prometheus' | 'promql';

const uses = z.registry<{ readonly use: ParameterUse }>();

/** The schema, marked so that whoever looks before an incident knows what its value leads to. */
export function naming<S extends z.ZodType>(use: ParameterUse, schema: S): S {
  uses.add(schema, { use });
  return schema;
}

/** The parameters of an action that lead to something, by name. */
export function parameterUses(schema: z.ZodType): ReadonlyMap<string, ParameterUse> {
  const shape = schema instanceof z.ZodObject ? (schema.shape as Readonly<Record<string, z.ZodType>>) : {};
  return new Map(
    Object.entries(shape).flatMap(([name, parameter]) => {
      const use = useOf(parameter);
      return use === undefined ? [] : [[name, use] as const];
    }),
  );
}

function useOf(schema: z.ZodType): ParameterUse | undefined {
  const marked = uses.get(schema)?.use;
  if (marked !== undefined) return marked;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return useOf(schema.unwrap() as z.ZodType);
  return undefined;
}
