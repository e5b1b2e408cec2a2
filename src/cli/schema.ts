import { z } from 'zod';
import { ConfigFile } from '../config/schema.ts';
import { UsageError, type Command } from './command.ts';

export const schema: Command = {
  name: 'schema',
  summary: 'Print the JSON Schema of fixpoint.yaml, for editors.',
  usage: '',
  example: 'fixpoint schema > fixpoint.schema.json',
  options: {},
  positionals: { least: 0, most: 1 },
  run({ positionals, print }) {
    const [which = 'config'] = positionals;
    if (which !== 'config') throw new UsageError(`there is a schema of config, not of ${which}`);
    print(JSON.stringify(z.toJSONSchema(ConfigFile, { io: 'input' }), null, 2));
    return Promise.resolve(0);
  },
};
