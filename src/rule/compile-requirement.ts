import { FixpointError } from '../errors.ts';
import { checkQueries } from './check-query.ts';
import { compileTemplates, type TemplatePlace } from './compile-template.ts';
import { warnOfRawLabels } from './compile-values.ts';
import { ExpressionError } from './expression-uses.ts';
import { contextOf } from './expression-values.ts';
import type { Requirement } from './guard-settings.ts';
import type { Requirement as Written } from './rule-file.ts';
import { askableKinds, kindNamed } from '../value/kubernetes-name.ts';
import { nearest } from '../value/nearest.ts';

/** Compiles one entry of `requires:`; none where it is wrong, which is reported. */
export function compileRequirement(written: Written, place: TemplatePlace): readonly Requirement[] {
  if (typeof written === 'string') return compileCondition(written, place);
  if ('object' in written) return compileObject(written, place);
  const { promql, from } = written;
  const reporter = place.reporter.under('promql');
  const tree = compileTemplates(promql, { ...place, visible: { variables: ['labels', 'annotations', 'alert'] }, reporter });
  warnOfRawLabels(tree, { ...place, reporter });
  checkQueries(tree, [[]], { ...place, reporter });
  return [
    {
      kind: 'promql',
      text: promql,
      ...(from === undefined ? {} : { from }),
      render(scope) {
        const query = tree.render(contextOf(scope), { name: 'requires' });
        if (typeof query === 'string') return query;
        throw new FixpointError('render.failed', 'requires: the query is no text');
      },
    },
  ];
}

/** What an alert says decides nothing here: the object is written as it is. */
function compileObject(
  { object: { kind, cluster = 'default', namespace, name, path }, is, isNot }: Extract<Written, { object: unknown }>,
  { reporter }: TemplatePlace,
): readonly Requirement[] {
  const known = kindNamed(kind);
  const value = is ?? isNot;
  if (known === undefined || value === undefined) {
    const similar = nearest(kind, askableKinds);
    reporter.error(
      ['object', 'kind'],
      `requires cannot look at a ${kind}${similar === undefined ? `; it can at ${askableKinds.join(', ')}` : `; did you mean ${similar}?`}`,
    );
    return [];
  }
  const isWanted = is !== undefined;
  const place = namespace === undefined ? {} : { namespace };
  const text = `${path} of ${kind} ${namespace === undefined ? '' : `${namespace}/`}${name} ${isWanted ? 'is' : 'is not'} ${JSON.stringify(value)}`;
  return [{ kind: 'object', text, object: { ...known, cluster, ...place, name }, path, value, isWanted }];
}

function compileCondition(text: string, { compilers, reporter, values }: TemplatePlace): readonly Requirement[] {
  try {
    const expression = compilers.expressions.compile(text, { variables: ['labels', 'annotations', 'alert', 'alerts', 'values'] });
    if (expression.type !== 'bool') throw new ExpressionError(`requires has to be true or false, this is ${expression.type}`, 0);
    for (const name of expression.uses.values) {
      if (values.includes(name)) continue;
      const similar = nearest(name, values);
      throw new ExpressionError(`there is no value ${name}${similar === undefined ? '' : `; did you mean ${similar}?`}`, 0);
    }
    return [
      {
        kind: 'cel',
        text,
        values: [...expression.uses.values],
        holds(scope) {
          const answer = expression.evaluate(contextOf(scope));
          if (typeof answer !== 'boolean') throw new FixpointError('render.failed', 'requires gave neither true nor false');
          return answer;
        },
      },
    ];
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const message = text.includes('${') ? 'requires is an expression by itself; write it without ${…}' : error.message;
    reporter.error([], message, { within: text, offset: error.offset });
    return [];
  }
}
