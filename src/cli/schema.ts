import { z } from 'zod';
import { ConfigFile } from '../config/schema.ts';
import { nearest } from '../value/nearest.ts';
import { UsageError, type Command } from './command.ts';

const schemas: Readonly<Record<string, () => Promise<z.ZodType>>> = {
  config: () => Promise.resolve(ConfigFile),
  test: async () => (await import('../testing/test-file.ts')).WholeTestFile,
};

export const schema: Command = {
  name: 'schema',
  summary: 'Print the JSON Schema of fixpoint.yaml, or of the files of fixpoint test, for editors.',
  usage: '[config|test]',
  example: 'fixpoint schema > fixpoint.schema.json',
  options: {},
  positionals: { least: 0, most: 1 },
  async run({ positionals, print }) {
    const [which = 'config'] = positionals;
    const load = Object.hasOwn(schemas, which) ? schemas[which] : undefined;
    if (load === undefined) {
      const similar = nearest(which, Object.keys(schemas));
      throw new UsageError(
        `there is a schema of ${Object.keys(schemas).join(' and of ')}, not of ${which}${similar === undefined ? '' : `; did you mean ${similar}?`}`,
      );
    }
    print(JSON.stringify(z.toJSONSchema(await load(), { io: 'input', unrepresentable: 'any' }), null, 2));
    return 0;
  },
};
