import type { Json } from '../value/json.ts';
import { nearest } from '../value/nearest.ts';
import type { Compilers } from './compilers.ts';
import type { Variable, Visible } from './expression-environment.ts';
import type { Uses } from './expression-uses.ts';
import type { Reporter } from './reporter.ts';
import { compileTree, expressionsOf, type TemplateTree } from './template-tree.ts';

/** Where templates stand: what they see there, and which names exist behind `steps` and `values`. */
export interface TemplatePlace {
  readonly visible: Visible;
  readonly values: readonly string[];
  readonly earlierSteps?: readonly string[];
  readonly laterSteps?: readonly string[];
  readonly compilers: Compilers;
  readonly reporter: Reporter;
  /** Collects the labels that templates read without guarding against their absence. */
  readonly labelReads: LabelRead[];
}

export interface LabelRead {
  readonly label: string;
  /** Warns at the template that reads it. */
  warn(message: string): void;
}

/** Compiles the templates in the JSON and reports what is wrong with them. */
export function compileTemplates(source: Json, place: TemplatePlace): TemplateTree {
  const { reporter, compilers, visible } = place;
  const tree = compileTree(
    source,
    (expression) => compilers.expressions.compile(expression, visible),
    (path, text, error) => reporter.error(path, error.message, { within: text, offset: error.offset }),
  );
  for (const placed of tree.templates) {
    for (const { text, uses } of expressionsOf(placed)) {
      for (const label of uses.unguardedLabels) {
        place.labelReads.push({ label, warn: (message) => reporter.warning(placed.path, message, { within: text, offset: 0 }) });
      }
      for (const message of namingProblems(uses, place)) reporter.error(placed.path, message, { within: text, offset: 0 });
    }
    if (/"\$\{ *promql\(/.test(placed.template.text)) {
      reporter.warning(placed.path, 'promql(…) writes the quotes itself; leave out those around ${promql(…)}');
    }
  }
  return tree;
}

function namingProblems(uses: Uses, { values, earlierSteps = [], laterSteps = [] }: TemplatePlace): string[] {
  const suggest = (name: string, known: readonly string[]): string => {
    const similar = nearest(name, known);
    return similar === undefined ? '' : `; did you mean ${similar}?`;
  };
  return [
    ...[...uses.values].filter((name) => !values.includes(name)).map((name) => `there is no value ${name}${suggest(name, values)}`),
    ...[...uses.steps]
      .filter((id) => !earlierSteps.includes(id))
      .map((id) =>
        laterSteps.includes(id) ? `step ${id} does not run before this one` : `there is no step ${id}${suggest(id, earlierSteps)}`,
      ),
  ];
}

/** Whether any template uses any of the variables. */
export function usesAny(tree: TemplateTree, variables: readonly Variable[]): boolean {
  return tree.templates.some((placed) =>
    expressionsOf(placed).some(({ uses }) => variables.some((variable) => uses.variables.has(variable))),
  );
}
