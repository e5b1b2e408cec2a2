import { FixpointError } from '../errors.ts';
import type { Json } from '../value/json.ts';
import { withoutSecretMarkers } from '../value/secret-marker.ts';
import type { Expression } from './expression.ts';
import { ExpressionError } from './expression-uses.ts';
import { fromExpression, type ExpressionContext } from './expression-values.ts';

/** A text with `${…}` in it; literal parts and expressions in order. */
export interface Template {
  readonly text: string;
  readonly parts: readonly (string | Expression)[];
  /** The text is exactly one `${…}`: the result keeps its type. */
  readonly whole?: Expression;
}

export function hasTemplate(text: string): boolean {
  return text.includes('${');
}

/** Reads `${expression}`, and `$${` as a literal `${`; throws ExpressionError with the offset in `text`. */
export function compileTemplate(text: string, compile: (expression: string) => Expression): Template {
  const parts: (string | Expression)[] = [];
  let literal = '';
  for (let index = 0; index < text.length;) {
    if (text.startsWith('$${', index)) {
      literal += '${';
      index += 3;
    } else if (text.startsWith('${', index)) {
      const end = endOfExpression(text, index + 2);
      if (literal !== '') parts.push(literal);
      literal = '';
      parts.push(compileAt(text.slice(index + 2, end), index + 2, compile));
      index = end + 1;
    } else {
      literal += text[index];
      index++;
    }
  }
  if (literal !== '') parts.push(literal);
  const [first] = parts;
  return { text, parts, ...(parts.length === 1 && typeof first === 'object' ? { whole: first } : {}) };
}

function compileAt(source: string, offset: number, compile: (expression: string) => Expression): Expression {
  if (source.trim() === '') throw new ExpressionError('there is no expression in ${}; write $${} for the text itself', offset);
  try {
    return compile(source);
  } catch (error) {
    if (error instanceof ExpressionError) throw new ExpressionError(error.message, offset + error.offset);
    throw error;
  }
}

const textLiteral = /[rRbB]?("""|'''|"|')/y;

/** The index of the brace that closes the expression; braces within the expression's own texts and maps do not. */
function endOfExpression(text: string, from: number): number {
  let depth = 0;
  for (let index = from; index < text.length;) {
    textLiteral.lastIndex = index;
    const opened = textLiteral.exec(text);
    if (opened?.[1] !== undefined) {
      index = endOfLiteral(text, textLiteral.lastIndex, { quote: opened[1], isRaw: /^r/i.test(opened[0]) });
      continue;
    }
    if (text[index] === '{') depth++;
    if (text[index] === '}' && depth-- === 0) return index;
    index++;
  }
  throw new ExpressionError('this ${ is never closed; write $${ for the text itself', from - 2);
}

function endOfLiteral(text: string, from: number, { quote, isRaw }: { quote: string; isRaw: boolean }): number {
  for (let index = from; index < text.length; index++) {
    if (text[index] === '\\' && !isRaw) index++;
    else if (text.startsWith(quote, index)) return index + quote.length;
  }
  return text.length;
}

/** `allowedSecrets`: the secrets that may be named besides the template's own. Throws `render.failed`. */
export function renderTemplate(template: Template, context: ExpressionContext, allowedSecrets: ReadonlySet<string>): Json {
  if (template.whole !== undefined) return evaluate(template.whole, context, allowedSecrets);
  return template.parts.map((part) => (typeof part === 'string' ? part : joinable(part, evaluate(part, context, allowedSecrets)))).join('');
}

function evaluate(expression: Expression, context: ExpressionContext, allowedSecrets: ReadonlySet<string>): Json {
  try {
    const allowed = expression.uses.secrets.size === 0 ? allowedSecrets : allowedSecrets.union(expression.uses.secrets);
    return withoutSecretMarkers(fromExpression(expression.evaluate(context)), allowed);
  } catch (error) {
    if (error instanceof RangeError) throw new FixpointError('render.failed', `\${${expression.text}}: ${error.message}`, { cause: error });
    if (error instanceof FixpointError) throw new FixpointError(error.code, `\${${expression.text}}: ${error.message}`, { cause: error });
    throw error;
  }
}

function joinable(expression: Expression, value: Json): string {
  if (typeof value === 'object')
    throw new FixpointError(
      'render.failed',
      `\${${expression.text}} is ${value === null ? 'null' : 'a list or map'}, which cannot be part of a text`,
    );
  return String(value);
}
