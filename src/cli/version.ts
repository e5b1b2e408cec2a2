import { version as ours } from '../app/version.ts';
import type { Command } from './command.ts';

export const version: Command = {
  name: 'version',
  summary: 'Print which Fixpoint this is; also by fixpoint --version.',
  usage: '',
  example: 'fixpoint version',
  options: {},
  positionals: { least: 0, most: 0 },
  run({ print, isJson }) {
    print(isJson ? JSON.stringify({ version: ours }) : `fixpoint ${ours}`);
    return Promise.resolve(0);
  },
};
