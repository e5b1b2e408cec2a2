import { ExpressionCompiler } from '../../rule/expression.ts';
import { FixpointError } from '../../errors.ts';
import type { Json } from '../../value/json.ts';

const expressions = new ExpressionCompiler();

/** A CEL condition over `output`, what a reading action gave. Throws ExpressionError where the text is none. */
export function parseCondition(text: string): (output: Json) => boolean {
  const expression = expressions.compile(text, { variables: ['output'] });
  if (expression.type !== 'bool' && expression.type !== 'dyn')
    throw new FixpointError('params.invalid', `it is a ${expression.type}, not a condition`);
  return (output) => {
    const answer = expression.evaluate({ output });
    if (typeof answer !== 'boolean') throw new FixpointError('render.failed', `\`${text}\` gave neither true nor false`);
    return answer;
  };
}
