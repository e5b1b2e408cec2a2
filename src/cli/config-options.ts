import type { ParseArgsOptionsConfig } from 'node:util';
import type { Flags } from '../config/load.ts';
import { textOption, type Values } from './command.ts';

/** The options that every command that reads the configuration takes. */
export const configOptions: ParseArgsOptionsConfig = {
  'listen': { type: 'string' },
  'data': { type: 'string' },
  'rules': { type: 'string' },
  'remediations': { type: 'string' },
  'redis': { type: 'string' },
  'config': { type: 'string' },
  'log-level': { type: 'string' },
};

export function flagsFrom(values: Values): Flags {
  const given = { logLevel: textOption(values, 'log-level') };
  const named = (['listen', 'data', 'rules', 'remediations', 'redis', 'config'] as const).map(
    (name) => [name, textOption(values, name)] as const,
  );
  return Object.fromEntries([...named, ...Object.entries(given)].filter(([, value]) => value !== undefined));
}
