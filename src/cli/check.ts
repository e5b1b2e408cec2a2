import { statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { FixpointError } from '../errors.ts';
import { describeModes } from '../app/mode-counts.ts';
import type { Command } from './command.ts';
import { configOptions, flagsFrom } from './config-options.ts';

export const check: Command = {
  name: 'check',
  summary: 'Find everything wrong with rules, remediations and configuration.',
  usage: '[<rules folder or file> [<remediations folder or file>]] [--config fixpoint.yaml]',
  example: 'fixpoint check rules remediations',
  options: configOptions,
  positionals: { least: 0, most: 2 },
  async run({ values, positionals, environment, print, say, isJson }) {
    const config = loadConfig(flagsFrom(values), environment);
    const { checkRules } = await import('../app/check-rules.ts');
    const [rules = config.rules, remediations = besideOf(positionals[0]) ?? config.remediations] = positionals;
    const { problems, rules: count, remediations: remediationCount, modes } = checkRules({ ...config, rules, remediations });
    const errors = problems.filter(({ severity }) => severity === 'error').length;
    const warnings = problems.length - errors;
    const limit = config.limits.mode;
    if (isJson)
      print(
        JSON.stringify({
          problems,
          rules: count,
          remediations: remediationCount,
          errors,
          warnings,
          modes: modes ?? null,
          limit: limit ?? null,
        }),
      );
    else {
      for (const { file, line, column, severity, message } of problems) say(`${file}:${line}:${column}: ${severity}: ${message}`);
      print(
        `${plural(count, 'rule')}, ${plural(remediationCount, 'remediation')}, ${plural(errors, 'error')}, ${plural(warnings, 'warning')}`,
      );
      if (modes !== undefined) print(describeModes(modes, limit));
    }
    return errors > 0 ? 1 : 0;
  },
};

/** `remediations` beside the folder of rules, where there is one. */
function besideOf(rules: string | undefined): string | undefined {
  if (rules === undefined) return undefined;
  let isFolder: boolean;
  try {
    isFolder = statSync(rules).isDirectory();
  } catch (error) {
    throw new FixpointError('rules.invalid', `there is no file or folder ${rules}`, { cause: error });
  }
  const folder = isFolder ? rules : dirname(rules);
  const beside = join(basename(folder) === '' ? folder : dirname(folder), 'remediations');
  return statSync(beside, { throwIfNoEntry: false }) === undefined ? undefined : beside;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
