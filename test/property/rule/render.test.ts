import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExpressionCompiler } from '../../../src/rule/expression.ts';
import { contextOf } from '../../../src/rule/expression-values.ts';
import { compileTree } from '../../../src/rule/template-tree.ts';
import type { Json } from '../../../src/value/json.ts';
import { resolveSecretMarkers, secretNamesIn } from '../../../src/value/secret-marker.ts';
import { alertWith } from '../../unit/rule/shapes.ts';

const compiler = new ExpressionCompiler();
const render = (source: Json, labels: Record<string, string>): Json => {
  const tree = compileTree(
    source,
    (text) => compiler.compile(text, { variables: ['labels', 'secrets'] }),
    (_path, _text, error) => {
      throw error;
    },
  );
  return tree.render(contextOf({ alert: alertWith(labels), alerts: [] }), { name: 'with' });
};

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom(
        '${',
        '}',
        '$${',
        'labels.a',
        'secrets.token',
        '\uE000',
        '\uE001',
        'secret:',
        'token',
        '"',
        "'",
        '\\',
        '{{',
        '\n',
        'x',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
);
const clean = (text: string): string => text.replaceAll(/[\uE000\uE001]/g, '\uFFFD');

describe('rendering', () => {
  it('puts labels in as they are, never evaluates them, and lets none name a secret', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        expect(render({ whole: '${labels.a}', joined: '<${labels.a}>', list: ['${labels.a + labels.a}'] }, { a: value })).toEqual({
          whole: clean(value),
          joined: `<${clean(value)}>`,
          list: [clean(value) + clean(value)],
        });
        const withSecret = render(
          { header: '${labels.a}Bearer ${secrets.token}${labels.a}', mixed: '${labels.a + secrets.token + labels.a}' },
          { a: value },
        ) as Record<string, string>;
        expect(secretNamesIn(JSON.stringify(withSecret))).toEqual(['token']);
        expect(resolveSecretMarkers(withSecret, () => '***')).toEqual({
          header: `${clean(value)}Bearer ***${clean(value)}`,
          mixed: `${clean(value)}***${clean(value)}`,
        });
      }),
      { numRuns: 500 },
    );
  });

  it('gives back any JSON without templates unchanged', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(!JSON.stringify(value).includes('${') && !JSON.stringify(value).includes('__proto__'));
        expect(render(value as Json, {})).toEqual(value);
      }),
    );
  });
});
