import { compilePattern } from '../../alert/pattern.ts';
import type { CommandParam, DeclaredCommand } from '../../ports/kubernetes.ts';
import type { Json } from '../../value/json.ts';
import { nearest } from '../../value/nearest.ts';
import { printable } from '../../value/printable.ts';

export type CommandLine = { readonly argv: readonly string[] } | { readonly problem: string };

/** The arguments of a declared command with a rule's values in their places, or what is wrong with those. */
export function commandLine({ argv, params }: DeclaredCommand, args: Readonly<Record<string, Json>>): CommandLine {
  const values: Record<string, string> = {};
  for (const name of Object.keys(args)) {
    if (Object.hasOwn(params, name)) continue;
    const similar = nearest(name, Object.keys(params));
    return { problem: `it takes no parameter ${name}${similar === undefined ? '' : `; did you mean ${similar}?`}` };
  }
  for (const [name, param] of Object.entries(params)) {
    const given = Object.hasOwn(args, name) ? args[name] : undefined;
    if (given === undefined) return { problem: `its parameter ${name} is missing` };
    const problem = problemOf(param, given);
    if (problem !== undefined || typeof given === 'object') return { problem: `its parameter ${name} ${problem}, not ${printable(given)}` };
    values[name] = String(given);
  }
  return { argv: argv.map((part) => values[/^\$\{(\w+)\}$/.exec(part)?.[1] ?? ''] ?? part) };
}

function problemOf(param: CommandParam, given: Json): string | undefined {
  switch (param.type) {
    case 'integer': {
      const { minimum, maximum } = param;
      const isFit = typeof given === 'number' && Number.isInteger(given) && given >= minimum && given <= maximum;
      return isFit ? undefined : `must be a whole number from ${minimum} to ${maximum}`;
    }
    case 'enum':
      return typeof given === 'string' && param.values.includes(given) ? undefined : `must be one of ${param.values.join(', ')}`;
    case 'string': {
      const isFit = typeof given === 'string' && given.length <= param.maxLength && compilePattern(param.pattern).test(given);
      return isFit ? undefined : `must match ${param.pattern} and have at most ${param.maxLength} characters`;
    }
  }
}
