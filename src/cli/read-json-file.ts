import { readFileSync } from 'node:fs';
import { messageOf } from '../errors.ts';
import { UsageError } from './command.ts';

/** The JSON of a file; `-` is standard input. */
export function readJsonFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (error) {
    throw new UsageError(`${file}: ${messageOf(error)}`, { cause: error });
  }
}
