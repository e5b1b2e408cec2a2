import type { TypeError as CheckError } from '@marcbachmann/cel-js';
import { EvaluationError, ParseError, type Environment, type ASTNode } from '@marcbachmann/cel-js';
import { FixpointError, messageOf } from '../errors.ts';
import { nearest } from '../value/nearest.ts';
import { createBaseEnvironment, withVariables, type Visible } from './expression-environment.ts';
import { analyse, ExpressionError, type Uses } from './expression-uses.ts';
import { secretsContext, type ExpressionContext } from './expression-values.ts';

/** A CEL expression that has been found right. */
export interface Expression {
  readonly text: string;
  /** Its CEL type: `string`, `int`, `double`, `bool`, `list<…>`, `map<…>`, `dyn`, … */
  readonly type: string;
  readonly uses: Uses;
  /** Throws `render.failed`, saying why; a missing label is an error, never an empty text. */
  evaluate(context: ExpressionContext): unknown;
}

/** Compiles expressions, each text once for each set of visible variables. */
export class ExpressionCompiler {
  readonly #base: Environment = createBaseEnvironment();
  readonly #environments = new Map<
    string,
    { readonly environment: Environment; readonly known: Map<string, Expression | ExpressionError> }
  >();

  /** Throws ExpressionError. */
  compile(text: string, visible: Visible): Expression {
    const key = JSON.stringify([visible.variables, visible.params, visible.fields]);
    let place = this.#environments.get(key);
    if (place === undefined) {
      place = { environment: withVariables(this.#base, visible), known: new Map() };
      this.#environments.set(key, place);
    }
    let known = place.known.get(text);
    if (known === undefined) {
      known = compileOrExplain(text, place.environment, visible);
      place.known.set(text, known);
    }
    if (known instanceof ExpressionError) throw known;
    return known;
  }
}

function compileOrExplain(text: string, environment: Environment, visible: Visible): Expression | ExpressionError {
  try {
    return compile(text, environment, visible);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    if (error instanceof ParseError) return new ExpressionError(error.summary, error.range?.start ?? 0);
    throw error;
  }
}

function compile(text: string, environment: Environment, visible: Visible): Expression {
  const run = environment.parse(text);
  const uses = analyse(run.ast);
  const { valid, type, error } = run.check();
  if (!valid || type === undefined) throw explainType(error, visible);
  const secrets = secretsContext(uses.secrets);
  return {
    text,
    type: type.startsWith('$') ? 'map' : type,
    uses,
    evaluate(context) {
      try {
        return run({ ...context, secrets });
      } catch (failure) {
        throw new FixpointError('render.failed', explainFailure(failure), { cause: failure });
      }
    },
  };
}

function explainType(error: ParseError | CheckError | undefined, visible: Visible): ExpressionError {
  const summary = error?.summary ?? 'the expression is not valid';
  const offset = error?.range?.start ?? 0;
  const unknown = /^Unknown variable: (.+)$/.exec(summary)?.[1];
  if (unknown !== undefined) {
    const known = [...visible.variables, ...Object.keys(visible.fields ?? {})];
    const similar = nearest(unknown, known);
    return new ExpressionError(
      `there is no ${unknown} here${similar === undefined ? '' : `; did you mean ${similar}?`} (here: ${known.join(', ')})`,
      offset,
    );
  }
  const key = /^No such key: (.+)$/.exec(summary)?.[1];
  if (key !== undefined && visible.params !== undefined && objectOf(error?.node) === 'params') {
    const similar = nearest(key, Object.keys(visible.params));
    return new ExpressionError(
      `the remediation has no parameter ${key}${similar === undefined ? '' : `; did you mean ${similar}?`}`,
      offset,
    );
  }
  return new ExpressionError(`${summary}${mending(summary)}`, offset);
}

function mending(summary: string): string {
  if (!/no such overload|no matching overload/.test(summary)) return '';
  if (/\bint\b/.test(summary) && /\bdouble\b/.test(summary))
    return '; numbers without a point are integers: write 2.0 for 2, or convert with double(…) or int(…)';
  if (/\bstring\b/.test(summary) && /\b(int|double)\b/.test(summary)) return '; convert with string(…), int(…) or double(…)';
  return '';
}

function explainFailure(failure: unknown): string {
  if (!(failure instanceof EvaluationError)) return messageOf(failure);
  const key = /^No such key: (.+)$/s.exec(failure.summary)?.[1];
  const object = objectOf(failure.node);
  if (key === undefined) return failure.summary;
  if (object === 'labels') return `the alert has no label ${key}`;
  if (object === 'annotations') return `the alert has no annotation ${key}`;
  return object === undefined ? `there is no ${key}` : `${object} has no ${key}`;
}

function objectOf(node: ASTNode | { readonly args?: unknown } | undefined): string | undefined {
  const object: unknown = Array.isArray(node?.args) ? node.args[0] : undefined;
  if (typeof object !== 'object' || object === null || !('op' in object) || !('args' in object)) return undefined;
  return object.op === 'id' && typeof object.args === 'string' ? object.args : undefined;
}
