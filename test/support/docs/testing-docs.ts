import type { z } from 'zod';
import { Expectation } from '../../../src/testing/expectation-schema.ts';
import { Happening, TestFile, TestText } from '../../../src/testing/test-file.ts';
import { worldFunctions } from '../../../src/testing/world-expression.ts';
import { worldShape } from '../../../src/testing/world-schema.ts';
import { code, schemaRows, table, type Row } from './configuration-docs.ts';

export const referenceHeading = '## Reference';

const world = Object.keys(worldShape);

/** The part of `docs/testing-rules.md` from its reference on. */
export function testingReference(): string {
  return [
    `${referenceHeading}\n`,
    'From here on this page is made from the code (`UPDATE_DOCS=1` with `test/unit/docs`); a test compares them. `fixpoint schema test` prints the JSON Schema for editors.\n',
    '### The file\n',
    rows(TestFile, ['tests']),
    '`tests` is the list of tests.\n',
    '### A test\n',
    rows(TestText, [...world, 'timeline', 'expect']),
    `\`timeline\` lists what happens, \`expect\` what is so at the end. ${list(world)} may stand here too, and add to what the file says.\n`,
    '### What happens\n',
    rows(Happening, [...world, 'expect']),
    `${list(world.filter((key) => key !== 'alerts'))} may stand here too and count from then on, and \`expect\` says what is so at this moment.\n`,
    '### What is expected\n',
    rows(Expectation, []),
    '### CEL over the world\n',
    table(
      ['expression', 'gives'],
      worldFunctions.map(([call, meaning]) => [code(call), meaning]),
    ),
    'Besides, all of CEL and the functions that rules have (`min`, `max`, `ceil`, …). Numbers are doubles: write `6.0`.\n',
  ].join('\n');
}

function rows(schema: z.ZodType, without: readonly string[]): string {
  const kept = schemaRows(schema).filter(({ key }) => !without.some((name) => key === name || new RegExp(`^${name}[.[]`).test(key)));
  return table(
    ['key', 'form', 'default', 'meaning'],
    kept.map(({ key, form, fallback, description }: Row) => [code(key), form, fallback, description]),
  );
}

function list(names: readonly string[]): string {
  return names.map(code).join(', ');
}
