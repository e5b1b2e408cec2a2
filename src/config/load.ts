import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { FixpointError } from '../errors.ts';
import { checkShape } from '../rule/file-schema.ts';
import { formatProblem, type Problem } from '../rule/problem.ts';
import { reportInto } from '../rule/reporter.ts';
import { readYaml } from '../rule/yaml-file.ts';
import { Secret } from '../value/secret.ts';
import type { Config, SecretSource } from './config.ts';
import { assemble } from './assemble.ts';
import type { SecretRef } from './fields.ts';
import { optionSpecs, unknownVariables, type OptionName } from './options.ts';
import { ConfigFile } from './schema.ts';

/** Values of flags by option, as the command line parsed them. */
export type Flags = { readonly [name in OptionName]?: string };

/** The environment of the process: read here and nowhere else. */
export function processEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}

/** Reads the configuration; throws `config.invalid` with every problem in `details.problems`. */
export function loadConfig(flags: Flags, environment: Readonly<Record<string, string | undefined>> = processEnvironment()): Config {
  const messages: string[] = [];
  const named = flags.config ?? environment[optionSpecs.config.variable];
  const file = resolve(named ?? optionSpecs.config.fallback);
  const content = readFile({ file, isNamed: named !== undefined, messages });
  messages.unshift(...unknownVariables(environment, variablesNamedIn(content)));
  return finished(
    content === undefined ? undefined : assemble({ content, file, folder: dirname(file), flags, environment, messages }),
    messages,
  );
}

/**
 * The configuration as tests take it: of a file, or of what they write themselves; no flags, no environment, and in place of each
 * secret a text of its own. Throws `config.invalid`.
 */
export function rehearsalConfig(from: { readonly file: string } | { readonly content: ConfigFile; readonly folder: string }): Config {
  const messages: string[] = [];
  const isFile = 'file' in from;
  const file = isFile ? resolve(from.file) : join(from.folder, 'test');
  const content = isFile ? readFile({ file, isNamed: true, messages }) : from.content;
  const given = { file, folder: dirname(file), flags: {}, environment: {}, messages, secretOf: standIn };
  return finished(content === undefined ? undefined : assemble({ ...given, content }), messages);
}

function standIn(ref: SecretRef): SecretSource {
  // A secret may be a whole address.
  const secret = new Secret(`http://secret.test/${encodeURIComponent(Object.values(ref).join('/'))}`);
  return () => secret;
}

function finished(config: Config | undefined, messages: readonly string[]): Config {
  if (config === undefined || messages.length > 0) {
    throw new FixpointError(
      'config.invalid',
      `the configuration has ${messages.length} ${messages.length === 1 ? 'problem' : 'problems'}:\n${messages.join('\n')}`,
      {
        details: { problems: messages },
      },
    );
  }
  return config;
}

function readFile({ file, isNamed, messages }: { file: string; isNamed: boolean; messages: string[] }): ConfigFile | undefined {
  if (!existsSync(file)) {
    if (isNamed) messages.push(`${file}: there is no such file`);
    return {};
  }
  const yaml = readYaml(file, readFileSync(file, 'utf8'));
  const problems: Problem[] = [...yaml.problems];
  const reporter = reportInto(problems, yaml);
  const content = problems.some(({ severity }) => severity === 'error') ? undefined : checkShape(ConfigFile, yaml.data ?? {}, reporter);
  messages.push(...problems.filter(({ severity }) => severity === 'error').map(formatProblem));
  return content;
}

/** The variables that `{env: …}` names, at any depth. */
function variablesNamedIn(content: unknown): string[] {
  if (typeof content !== 'object' || content === null) return [];
  return Object.entries(content).flatMap(([key, value]) =>
    key === 'env' && typeof value === 'string' ? [value] : variablesNamedIn(value),
  );
}
