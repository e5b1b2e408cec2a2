import { FixpointError } from '../errors.ts';
import { printable } from '../value/printable.ts';
import { secretNamesIn } from '../value/secret-marker.ts';
import type { NamedValue } from './compiled-rule.ts';
import { checkQueries } from './check-query.ts';
import { compileTemplates, type TemplatePlace } from './compile-template.ts';
import { contextOf } from './expression-values.ts';
import type { ParamsSchema } from './params-schema.ts';
import type { Rule } from './rule-file.ts';
import { expressionsOf, type TemplateTree } from './template-tree.ts';

/** Compiles `values:`; `place.reporter` stands at that key. */
export function compileValues(values: NonNullable<Rule['values']>, place: TemplatePlace, schema?: ParamsSchema): readonly NamedValue[] {
  return Object.entries(values).map(([name, { promql, over = 'only', from }]): NamedValue => {
    const reporter = place.reporter.under(name, 'promql');
    const tree = compileTemplates(promql, { ...place, reporter });
    warnOfRawLabels(tree, { ...place, reporter });
    checkQueries(tree, [[]], { ...place, reporter });
    return {
      name,
      promql,
      over,
      ...(from === undefined ? {} : { from }),
      render(scope) {
        const allowedSecrets = new Set(secretNamesIn(JSON.stringify(scope.params ?? {})));
        const query = tree.render(contextOf(scope, schema?.toExpression), { name: `value ${name}`, allowedSecrets });
        if (typeof query === 'string') return query;
        throw new FixpointError('render.failed', `value ${name}: the query ${printable(query)} is no text`);
      },
    };
  });
}

/** A label in a query can change what the query asks, unless `promql(…)` quotes it. */
export function warnOfRawLabels(tree: TemplateTree, { reporter }: Pick<TemplatePlace, 'reporter'>): void {
  for (const placed of tree.templates) {
    for (const { text, uses } of expressionsOf(placed)) {
      if (uses.isRawInQuery)
        reporter.warning(placed.path, `\${${text}} goes into a query as it is; write \${promql(${text})} without quotes around it`, {
          within: text,
          offset: 0,
        });
    }
  }
}
