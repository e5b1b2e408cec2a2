import { parseMatchers, type Matcher } from '../alert/matcher.ts';
import type { Shapes } from './action-shape.ts';
import { ExpressionCompiler } from './expression.ts';
import { ParamsSchemaCompiler } from './params-schema.ts';

/** What compiling rules shares: equal expressions, schemas and matchers are compiled once. */
export interface Compilers {
  /** Whether queries are held to PromQL; what a run has kept is not. */
  readonly areQueriesChecked: boolean;
  readonly shapes: Shapes;
  readonly expressions: ExpressionCompiler;
  readonly schemas: ParamsSchemaCompiler;
  /** Throws `rules.invalid`. */
  matchers(text: string): readonly Matcher[];
}

export function createCompilers(shapes: Shapes, { areQueriesChecked }: Pick<Compilers, 'areQueriesChecked'>): Compilers {
  const known = new Map<string, readonly Matcher[]>();
  return {
    areQueriesChecked,
    shapes,
    expressions: new ExpressionCompiler(),
    schemas: new ParamsSchemaCompiler(),
    matchers(text) {
      const matchers = known.get(text) ?? parseMatchers(text);
      known.set(text, matchers);
      return matchers;
    },
  };
}
