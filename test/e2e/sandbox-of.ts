import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SandboxPlace } from '../../src/app/sandbox-config.ts';

/** Where the sandbox of a service is, as it writes it into its data folder. */
export function sandboxOf(data: string): SandboxPlace {
  return JSON.parse(readFileSync(join(data, 'sandbox.json'), 'utf8')) as SandboxPlace;
}
