import { z } from 'zod';
import { compilePattern } from '../alert/pattern.ts';
import type { CommandParam } from '../ports/kubernetes.ts';
import { isDnsLabel } from '../value/name.ts';

const plainWord = '[A-Za-z0-9_./:@=,+][A-Za-z0-9_./:@=,+-]*';

const Param = z.union([
  z.strictObject({
    integer: z
      .strictObject({
        minimum: z.int().default(0).describe('The least.'),
        maximum: z.int().default(2_147_483_647).describe('The most.'),
      })
      .describe('A whole number.'),
  }),
  z.strictObject({
    string: z
      .strictObject({
        pattern: z
          .string()
          .refine(isPattern, 'expected an RE2 expression')
          .default(plainWord)
          .describe('An RE2 expression for all of it; by default a word that does not begin with a dash.'),
        maxLength: z.int().min(1).max(4096).default(200).describe('The most characters.'),
      })
      .describe('A text; it becomes one whole argument.'),
  }),
  z.strictObject({ enum: z.array(z.string().min(1)).min(1).describe('One of these.') }),
]);

/** One command of `commands:`. */
export const CommandSchema = z
  .strictObject({
    argv: z
      .array(z.string().min(1).max(4096))
      .min(1)
      .max(50)
      .describe('The program and its arguments, run without a shell; `${name}`, as a whole argument, is the value of a parameter.'),
    params: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected a name of letters, digits and _'), Param)
      .default({})
      .describe('What a rule may choose, by name.'),
    container: z
      .string()
      .refine(isDnsLabel, 'expected the name of a container')
      .optional()
      .describe("Where it runs; the pod's only container unless told."),
    namespaces: z
      .array(z.string().refine(isDnsLabel, 'expected a namespace'))
      .min(1)
      .optional()
      .describe('Where rules may run it; absent = everywhere.'),
  })
  .superRefine(({ argv, params }, context) => {
    const used = argv.flatMap((part) => [...part.matchAll(/\$\{([^}]*)\}/g)].map(([whole, name = '']) => ({ part, whole, name })));
    for (const { part, whole, name } of used) {
      if (part !== whole)
        context.addIssue({ code: 'custom', path: ['argv'], message: `expected \${${name}} to be a whole argument, found ${part}` });
      else if (!Object.hasOwn(params, name))
        context.addIssue({ code: 'custom', path: ['argv'], message: `expected a declared parameter, found \${${name}}` });
    }
    if (argv[0]?.includes('${') === true)
      context.addIssue({ code: 'custom', path: ['argv'], message: 'expected a fixed program as first argument' });
    for (const name of Object.keys(params))
      if (!used.some((use) => use.name === name))
        context.addIssue({ code: 'custom', path: ['params', name], message: 'expected it to be used in argv' });
  });

export function commandParam(param: z.infer<typeof Param>): CommandParam {
  if ('enum' in param) return { type: 'enum', values: param.enum };
  return 'integer' in param ? { type: 'integer', ...param.integer } : { type: 'string', ...param.string };
}

function isPattern(source: string): boolean {
  try {
    compilePattern(source);
    return true;
  } catch {
    return false;
  }
}
