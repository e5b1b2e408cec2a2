import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig, type Flags } from '../../../src/config/load.ts';
import { FixpointError } from '../../../src/errors.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

interface Given {
  /** The text of `fixpoint.yaml`. */
  readonly yaml?: string;
  /** Further files beside it. */
  readonly files?: Readonly<Record<string, string>>;
  readonly flags?: Flags;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Loads a configuration from a folder that is gone afterwards, or gives its problems. */
export function loadFrom({ yaml = '', files = {}, flags = {}, environment = {} }: Given): {
  readonly config?: Config;
  readonly problems: readonly string[];
  readonly folder: string;
} {
  using folder = temporaryFolder();
  for (const [name, text] of Object.entries({ 'fixpoint.yaml': yaml, ...files })) writeFileSync(join(folder.path, name), text);
  try {
    const config = loadConfig({ config: join(folder.path, 'fixpoint.yaml'), ...flags }, environment);
    return { config, problems: [], folder: folder.path };
  } catch (error) {
    if (!(error instanceof FixpointError) || error.code !== 'config.invalid') throw error;
    return { problems: error.details['problems'] as string[], folder: folder.path };
  }
}
