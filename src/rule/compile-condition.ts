import type { Alert } from '../alert/alert.ts';
import { FixpointError } from '../errors.ts';
import { printable } from '../value/printable.ts';
import { formatTarget, parseTarget } from '../value/target.ts';
import { compileTemplates, type TemplatePlace } from './compile-template.ts';
import { ExpressionError } from './expression-uses.ts';
import { contextOf } from './expression-values.ts';
import type { TemplateTree } from './template-tree.ts';

/** A rule's `when`. */
export interface Condition {
  readonly unguardedLabels: ReadonlySet<string>;
  readonly requiredLabels: ReadonlySet<string>;
  /** Throws `render.failed`. */
  holds(alert: Alert): boolean;
}

/** Compiles a `when`; undefined where it is wrong, which is reported. */
export function compileCondition(
  text: string,
  { compilers, reporter }: Pick<TemplatePlace, 'compilers' | 'reporter'>,
): Condition | undefined {
  try {
    const expression = compilers.expressions.compile(text, { variables: ['labels', 'annotations', 'alert'] });
    if (expression.type !== 'bool') throw new ExpressionError(`when has to be true or false, this is ${expression.type}`, 0);
    return {
      unguardedLabels: expression.uses.unguardedLabels,
      requiredLabels: expression.uses.requiredLabels,
      holds(alert) {
        const answer = expression.evaluate(contextOf({ alert, alerts: [] }));
        if (typeof answer !== 'boolean') throw new FixpointError('render.failed', 'when gave neither true nor false');
        return answer;
      },
    };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    const message = text.includes('${') ? 'when is an expression by itself; write it without ${…}' : error.message;
    reporter.error([], message, { within: text, offset: error.offset });
    return undefined;
  }
}

/** Compiles a declared `subject:`; what it gives has to be the name of a target. */
export function compileSubject(text: string, place: TemplatePlace): { readonly tree: TemplateTree; render(alert: Alert): string } {
  const tree = compileTemplates(text, place);
  const forms = 'kubernetes/<cluster>/<namespace>/<kind.group>/<name>, http/<host>:<port>, redis/<name> or postgres/<name>';
  if (tree.templates.length === 0 && !text.includes('${') && parseTarget(text) === undefined)
    place.reporter.error([], `subject ${printable(text)} names no target; it has the form ${forms}`);
  return {
    tree,
    render(alert) {
      const name = tree.render(contextOf({ alert, alerts: [] }), { name: 'subject' });
      const target = typeof name === 'string' ? parseTarget(name) : undefined;
      if (target === undefined)
        throw new FixpointError('params.invalid', `subject ${printable(name)} names no target; it has the form ${forms}`);
      return formatTarget(target);
    },
  };
}
