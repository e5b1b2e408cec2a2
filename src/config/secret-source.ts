import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { FixpointError, messageOf } from '../errors.ts';
import { Secret } from '../value/secret.ts';
import type { SecretRef } from './schema.ts';

/** How often a file is looked at for a change, ms. */
const lookAgain = 1000;

/** Gives the secret's present text each time it is called; a file's last line break does not count. Throws `secret.unavailable`. */
export function secretSource(
  ref: SecretRef,
  { environment, folder }: { environment: Readonly<Record<string, string | undefined>>; folder: string },
): () => Secret {
  if ('env' in ref) {
    return () => {
      const text = environment[ref.env];
      if (text === undefined || text === '') throw new FixpointError('secret.unavailable', `the environment has no ${ref.env}`);
      return new Secret(text);
    };
  }
  const file = resolve(folder, ref.file);
  let known: { readonly secret: Secret; readonly stamp: number; readonly lookedAt: number } | undefined;
  return () => {
    const now = Date.now();
    if (known !== undefined && now - known.lookedAt < lookAgain) return known.secret;
    try {
      const stamp = statSync(file).mtimeMs;
      if (known?.stamp !== stamp) {
        const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
        if (text === '') throw new Error('it is empty');
        known = { secret: new Secret(text), stamp, lookedAt: now };
      } else known = { ...known, lookedAt: now };
      return known.secret;
    } catch (error) {
      throw new FixpointError('secret.unavailable', `secret file ${file}: ${messageOf(error)}`);
    }
  };
}
