import type { parseArgs, ParseArgsOptionsConfig } from 'node:util';

export type Values = ReturnType<typeof parseArgs>['values'];

/** Where a command writes and what it is told about the terminal. */
export interface Terminal {
  /** One line of result. */
  print(line: string): void;
  /** One line for people: progress, problems. */
  say(line: string): void;
  readonly isTerminal: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Invocation extends Terminal {
  readonly values: Values;
  readonly positionals: readonly string[];
  /** `--output json`. */
  readonly isJson: boolean;
}

/** Exit codes: 0 fine, 1 problems found, 2 wrong usage. */
export type ExitCode = 0 | 1 | 2;

/** One command of the command line. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** After the name: `<run> --reason <text>`. */
  readonly usage: string;
  readonly example: string;
  readonly options: ParseArgsOptionsConfig;
  readonly positionals: { readonly least: number; readonly most: number };
  run(invocation: Invocation): Promise<ExitCode>;
}

/** What the caller did wrong: exit code 2. */
export class UsageError extends Error {}

/** The value of an option that takes text. */
export function textOption(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}
