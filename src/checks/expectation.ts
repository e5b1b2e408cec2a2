import { Environment } from '@marcbachmann/cel-js';
import { FixpointError, messageOf } from '../errors.ts';

/** A CEL condition over one series: `value` (double) and `labels`. */
export interface Expectation {
  readonly text: string;
  isMet(value: number, labels: Readonly<Record<string, string>>): boolean;
}

const environment = new Environment({ limits: { maxAstNodes: 200, maxDepth: 16 } })
  .registerVariable('value', 'double')
  .registerVariable('labels', 'map<string, string>');

/** Throws `params.invalid` where the text is no condition over `value` and `labels`. */
export function parseExpectation(text: string): Expectation {
  try {
    const run = environment.parse(text);
    const { valid, type, error } = run.check();
    if (!valid) throw error ?? new Error('it is not valid');
    if (type !== 'bool') throw new Error(`it is a ${type ?? 'value'}, not a condition`);
    // The library's own `matches` backtracks without bound.
    if (/\.\s*matches\s*\(/.test(text)) throw new Error('matches is not available here; select by labels in the query');
    return { text, isMet: (value, labels) => run({ value, labels }) === true };
  } catch (error) {
    const hint = /no such overload/i.test(messageOf(error)) ? ' (value is a double: write 1.0, not 1)' : '';
    // The library draws the place on further lines.
    const [problem = ''] = messageOf(error).split('\n', 1);
    throw new FixpointError('params.invalid', `expect \`${text}\`: ${problem}${hint}`);
  }
}
