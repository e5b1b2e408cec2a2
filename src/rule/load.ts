import { FixpointError } from '../errors.ts';
import type { JsonObject } from '../value/json.ts';
import { nearest } from '../value/nearest.ts';
import type { Shapes } from './action-shape.ts';
import { capDefaults } from './cap-defaults.ts';
import { compileRemediation, type CompiledRemediation } from './compile-remediation.ts';
import { compileRule } from './compile-rule.ts';
import type { CompiledRule, RuleDefinition } from './compiled-rule.ts';
import { createCompilers, type Compilers } from './compilers.ts';
import type { Deployment } from './compile-guards.ts';
import { checkShape, withoutMisfits } from './file-schema.ts';
import type { Limits, RuleDefaults } from './guard-settings.ts';
import { includeSteps } from './include-steps.ts';
import { formatProblem, type Problem } from './problem.ts';
import { Remediation } from './remediation-file.ts';
import { reportInto } from './reporter.ts';
import { capMode, withDefaults } from './rule-defaults.ts';
import { Rule, RuleFile } from './rule-file.ts';
import { createRulebook, type Rulebook } from './rulebook.ts';
import { readYaml, type YamlFile } from './yaml-file.ts';

export { formatProblem, type Problem } from './problem.ts';

/** A file that has been read; the order of files is the order of their rules. */
export interface RuleText {
  readonly file: string;
  readonly text: string;
}

export interface LoadInput {
  readonly rules: readonly RuleText[];
  readonly remediations: readonly RuleText[];
  readonly shapes: Shapes;
  readonly limits?: Limits;
  readonly defaults?: RuleDefaults;
  /** What rules may name of the configuration. */
  readonly deployment?: Deployment;
}

/** Compiles all files. There is a rulebook only without any error; all problems of all files are told at once. */
export function loadRulebook(input: LoadInput): { readonly rulebook?: Rulebook; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const compilers = createCompilers(input.shapes, { areQueriesChecked: true });
  const remediations = loadRemediations(input.remediations, compilers, problems);
  const rules = loadRules(input, { compilers, problems, remediations });
  checkLimitedActions(input, problems);
  const sorted = problems.toSorted((a, b) => compareText(a.file, b.file) || a.line - b.line || a.column - b.column);
  if (problems.some(({ severity }) => severity === 'error')) return { problems: sorted };
  return { rulebook: createRulebook(rules, [...remediations.keys()]), problems: sorted };
}

/** A misspelt action would be held to no limit at all. */
function checkLimitedActions({ limits = {}, shapes: { actions } }: LoadInput, problems: Problem[]): void {
  for (const name of Object.keys(limits.actions ?? {})) {
    if (actions.has(name)) continue;
    const similar = nearest(name, actions.keys());
    const message = `limits.actions: there is no action ${name}${similar === undefined ? '' : `; did you mean ${similar}?`}`;
    problems.push({ severity: 'error', file: 'fixpoint.yaml', line: 1, column: 1, message });
  }
}

/** Stands in for what is missing in a file that is only looked through for further problems. */
const unnamed = { name: 'unnamed', summary: 'without a summary' };

type Remediations = Map<string, CompiledRemediation | undefined>;

function loadRemediations(files: readonly RuleText[], compilers: Compilers, problems: Problem[]): Remediations {
  const remediations: Remediations = new Map();
  const origins = new Map<string, string>();
  const read = files.flatMap(({ file, text }) => readInto(problems, file, text) ?? []);
  const written = new Map(read.flatMap(({ data }) => (isNamed(data) ? [[data.name, data] as const] : [])));
  for (const file of read) {
    const yaml = withIncluded(file, written, problems);
    const reporter = reportInto(problems, yaml);
    const remediation = checkShape(Remediation, yaml.data, reporter);
    const name = remediation?.name ?? nameIn(yaml.data);
    if (name === undefined) continue;
    const other = origins.get(name);
    if (other !== undefined) {
      reporter.error(['name'], `there is another remediation ${name}, in ${other}`);
      continue;
    }
    origins.set(name, yaml.file);
    const rest = remediation === undefined ? withoutMisfits(Remediation, yaml.data, unnamed) : yaml.data;
    const compiled =
      rest === undefined ? undefined : compileRemediation(Remediation.parse(rest), rest as JsonObject, { compilers, reporter });
    remediations.set(name, remediation && compiled);
  }
  return remediations;
}

/** The file with the steps of other remediations in it; what is wrong with those is told at the step that names them. */
function withIncluded(yaml: YamlFile, others: ReadonlyMap<string, Readonly<Record<string, unknown>>>, problems: Problem[]): YamlFile {
  if (!isNamed(yaml.data)) return yaml;
  const included = includeSteps(yaml.data, others, reportInto(problems, yaml));
  if (included === undefined) return yaml;
  const { steps, origins } = included;
  return {
    ...yaml,
    data: { ...yaml.data, steps },
    locate: (path, detail) => {
      const origin = path[0] === 'steps' ? origins[Number(path[1])] : undefined;
      if (origin === undefined) return yaml.locate(path, detail);
      return origin.isIncluded ? yaml.locate(['steps', origin.index]) : yaml.locate(['steps', origin.index, ...path.slice(2)], detail);
    },
  };
}

function loadRules(
  { rules: files, limits = {}, defaults = {}, deployment }: LoadInput,
  tools: { compilers: Compilers; problems: Problem[]; remediations: Remediations },
): CompiledRule[] {
  const { compilers, problems, remediations } = tools;
  const silent = capDefaults(defaults, limits);
  const rules: CompiledRule[] = [];
  const origins = new Map<string, string>();
  for (const { file, text } of files) {
    const yaml = readInto(problems, file, text);
    const list = yaml && checkShape(RuleFile, yaml.data, reportInto(problems, yaml));
    if (yaml === undefined || list === undefined) continue;
    for (const [index, written] of list.rules.entries()) {
      const reporter = reportInto(problems, yaml, ['rules', index]);
      const line = yaml.locate(['rules', index]).line;
      const valid = checkShape(Rule, written, reporter);
      const name = valid?.name ?? nameIn(written);
      const other = name === undefined ? undefined : origins.get(name);
      if (other !== undefined) reporter.error(['name'], `there is another rule ${name}, in ${other}`);
      else if (name !== undefined) origins.set(name, `${file}:${line}`);
      const rest = valid === undefined ? withoutMisfits(Rule, written, unnamed) : written;
      if (rest === undefined) continue;
      const data = capMode(withDefaults(rest as JsonObject, silent), limits.mode, reporter);
      rules.push(compileRule(Rule.parse(data), data, { compilers, remediations, limits, deployment, reporter, file, line }));
    }
  }
  return rules;
}

function readInto(problems: Problem[], file: string, text: string): YamlFile | undefined {
  const yaml = readYaml(file, text);
  problems.push(...yaml.problems);
  if (yaml.problems.some(({ severity }) => severity === 'error')) return undefined;
  if (yaml.data !== null && yaml.data !== undefined) return yaml;
  problems.push({ severity: 'warning', file, line: 1, column: 1, message: 'the file is empty' });
  return undefined;
}

function nameIn(data: unknown): string | undefined {
  return isNamed(data) ? data.name : undefined;
}

function isNamed(data: unknown): data is Readonly<Record<string, unknown>> & { readonly name: string } {
  return typeof data === 'object' && data !== null && 'name' in data && typeof data.name === 'string';
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Compiles what a run kept, for a run whose rules have been reloaded since; throws `rules.invalid`. */
export function compileDefinition(definition: RuleDefinition, shapes: Shapes): CompiledRule {
  const problems: Problem[] = [];
  const compilers = createCompilers(shapes, { areQueriesChecked: false });
  const reporter = reportInto(problems, { file: 'kept definition', locate: () => ({ line: 0, column: 0 }) });
  const remediations: Remediations = new Map();
  for (const [name, data] of Object.entries(definition.remediations)) {
    const remediation = checkShape(Remediation, data, reporter);
    remediations.set(name, remediation && compileRemediation(remediation, data, { compilers, reporter }));
  }
  const rule = checkShape(Rule, definition.rule, reporter);
  const compiled =
    rule && compileRule(rule, definition.rule, { compilers, remediations, limits: {}, reporter, file: 'kept definition', line: 0 });
  if (compiled !== undefined && reporter.errors() === 0) return compiled;
  throw new FixpointError(
    'rules.invalid',
    problems
      .filter(({ severity }) => severity === 'error')
      .map(formatProblem)
      .join('; '),
  );
}
