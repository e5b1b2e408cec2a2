import { hasIdentities } from '../config/auth-config.ts';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { readRuleFiles, shownAs } from '../app/rule-files.ts';
import { shapes } from '../app/shapes.ts';
import type { Config } from '../config/config.ts';
import { rehearsalConfig } from '../config/load.ts';
import { FixpointError, messageOf } from '../errors.ts';
import { checkShape, withoutMisfits } from '../rule/file-schema.ts';
import { loadRulebook, type Problem, type RuleText } from '../rule/load.ts';
import { reportInto } from '../rule/reporter.ts';
import type { Rulebook } from '../rule/rulebook.ts';
import { readYaml, type YamlFile } from '../rule/yaml-file.ts';
import { checkTest, checkWorld } from './check-test.ts';
import { sourceNamesOf } from './deployment.ts';
import { readableRest } from './readable-rest.ts';
import { TestFile, TestText } from './test-file.ts';

/** A file of tests, ready to be run. */
export interface LoadedTestFile {
  /** As it is shown. */
  readonly name: string;
  readonly file: TestFile;
  readonly tests: readonly { readonly test: TestText; readonly index: number }[];
  readonly rulebook: Rulebook;
  /** The guards of each rule as its file has them. */
  readonly writtenGuards: ReadonlyMap<string, readonly string[]>;
  readonly config: Config;
  readonly yaml: YamlFile;
}

export interface ReadOptions {
  /** Configuration and folders that count where a file names none. */
  readonly config?: string | undefined;
  readonly rules?: string | undefined;
  readonly remediations?: string | undefined;
}

/** Reads a file of tests with its rules and configuration; all problems at once, and no file where there is any. */
export function readTestFile(
  path: string,
  options: ReadOptions,
): { readonly loaded?: LoadedTestFile; readonly problems: readonly Problem[] } {
  const name = shownAs(path);
  const problems: Problem[] = [];
  const yaml = readYaml(name, readFileSync(path, 'utf8'));
  problems.push(...yaml.problems);
  if (problems.some(isError)) return { problems };
  const reporter = reportInto(problems, yaml);
  const written = yaml.data ?? {};
  const file = checkShape(TestFile, written, reporter) ?? TestFile.safeParse(withoutMisfits(TestFile, written, { tests: [] })).data;
  if (file === undefined) return { problems };
  const tried = <T>(key: string, work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof FixpointError)) throw error;
      reporter.error([key], messageOf(error));
      return undefined;
    }
  };
  const folder = dirname(resolve(path));
  const config = tried('config', () => configOf(file, folder, options));
  const texts = tried('rules', () => textsOf(file, folder, options));
  const rulebook = config && texts && rulebookOf(config, texts, problems);
  const sources = config === undefined ? [] : sourceNamesOf(config, file.platform);
  checkWorld(file, sources, reporter);
  const tests = file.tests.flatMap((one, index) => {
    const below = reportInto(problems, yaml, ['tests', index]);
    const test = checkShape(TestText, one, below);
    const readable = test ?? readableRest(one);
    if (readable !== undefined) checkTest({ file, test: readable, rulebook, sources }, below);
    return test === undefined ? [] : [{ test, index }];
  });
  checkTestNames(tests, problems, yaml);
  if (rulebook === undefined || config === undefined || texts === undefined || problems.some(isError)) return { problems };
  return { loaded: { name, file, tests, rulebook, writtenGuards: writtenGuardsOf(texts.rules), config, yaml }, problems };
}

function configOf({ config }: TestFile, folder: string, options: ReadOptions): Config {
  if (typeof config === 'object') return rehearsalConfig({ content: config, folder });
  const file = config === undefined ? options.config : resolve(folder, config);
  return rehearsalConfig(file === undefined ? { content: {}, folder } : { file });
}

interface Texts {
  readonly rules: readonly RuleText[];
  readonly remediations: readonly RuleText[];
}

function textsOf({ rules, remediations }: TestFile, folder: string, options: ReadOptions): Texts {
  const fromFile = (paths: string | readonly string[]) =>
    (typeof paths === 'string' ? [paths] : paths).map((path) => resolve(folder, path));
  const above = basename(folder) === 'tests' ? dirname(folder) : resolve('rules');
  const rulePaths = rules === undefined ? [resolve(options.rules ?? above)] : fromFile(rules);
  const remediationPaths =
    remediations === undefined ? [resolve(options.remediations ?? besideOf(rulePaths[0] ?? above))] : fromFile(remediations);
  return { rules: rulePaths.flatMap(readRuleFiles), remediations: remediationPaths.flatMap(readRuleFiles) };
}

/** `remediations` beside the folder of the rules, or beside one above it. */
function besideOf(rules: string): string {
  for (let folder = rules; dirname(folder) !== folder; folder = dirname(folder)) {
    const beside = join(dirname(folder), 'remediations');
    if (existsSync(beside)) return beside;
  }
  return resolve('remediations');
}

function rulebookOf(config: Config, { rules, remediations }: Texts, problems: Problem[]): Rulebook | undefined {
  const { limits, defaults, timeIntervals, auth } = config;
  const deployment = { intervals: [...timeIntervals.keys()], hasIdentities: hasIdentities(auth) };
  const loaded = loadRulebook({ rules, remediations, shapes: shapes(), limits, defaults, deployment });
  problems.push(...loaded.problems.filter(isError));
  return loaded.rulebook;
}

/** Of files that have been loaded without errors. */
function writtenGuardsOf(texts: readonly RuleText[]): ReadonlyMap<string, readonly string[]> {
  const rules = texts.flatMap(
    ({ file, text }) => (readYaml(file, text).data as { readonly rules: readonly WrittenRule[] } | null)?.rules ?? [],
  );
  return new Map(rules.map(({ name, guards = {} }) => [name, Object.keys(guards)]));
}

interface WrittenRule {
  readonly name: string;
  readonly guards?: object;
}

function checkTestNames(tests: LoadedTestFile['tests'], problems: Problem[], yaml: YamlFile): void {
  const known = new Set<string>();
  for (const { test, index } of tests) {
    if (known.has(test.name)) reportInto(problems, yaml).error(['tests', index, 'name'], `there is another test ${test.name}`);
    known.add(test.name);
  }
}

function isError({ severity }: Problem): boolean {
  return severity === 'error';
}
