import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { FixpointError, messageOf } from '../errors.ts';
import { Secret } from '../value/secret.ts';
import type { SecretRef } from './fields.ts';
import { fileStamp } from './file-stamp.ts';
import { KubernetesSecret, parseKubernetesSecret } from './kubernetes-secret.ts';
import type { ConfigFile } from './schema.ts';

/**
 * Gives the secret's present text each time it is called, the same object while it stays the same; a file's last line break
 * does not count. Throws `secret.unavailable`.
 */
export function secretSource(
  ref: Exclude<SecretRef, { readonly kubernetes: string }>,
  { environment, folder }: { environment: Readonly<Record<string, string | undefined>>; folder: string },
): () => Secret {
  return 'env' in ref ? environmentSecret(environment, ref.env) : fileSecret(resolve(folder, ref.file));
}

/** The same of one that Kubernetes keeps: each is added to `known` once, for somebody else to fill. */
export function kubernetesSource(
  text: string,
  { content, known, messages }: { content: Pick<ConfigFile, 'clusters'>; known: KubernetesSecret[]; messages: string[] },
): () => Secret {
  const place = parseKubernetesSecret(text) ?? unparsed(text);
  const found = known.find((secret) => isDeepStrictEqual(secret.place, place));
  if (found !== undefined) return () => found.read();
  if (place.cluster !== 'default' && content.clusters?.[place.cluster] === undefined)
    messages.push(`secret ${text}: there is no cluster named ${place.cluster}`);
  const secret = new KubernetesSecret(place);
  known.push(secret);
  return () => secret.read();
}

/** The schema has let it through. */
function unparsed(text: string): never {
  throw new FixpointError('internal', `secret ${text} has no place`);
}

function environmentSecret(environment: Readonly<Record<string, string | undefined>>, name: string): () => Secret {
  const text = environment[name];
  const secret = text === undefined || text === '' ? undefined : new Secret(text);
  return () => {
    if (secret === undefined) throw new FixpointError('secret.unavailable', `the environment has no ${name}`);
    return secret;
  };
}

function fileSecret(file: string): () => Secret {
  let known: { readonly secret: Secret; readonly stamp: string | undefined } | undefined;
  return () => {
    try {
      const stamp = fileStamp(file);
      if (stamp !== undefined && known?.stamp === stamp) return known.secret;
      const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
      if (text === '') throw new Error('it is empty');
      const secret = known?.secret.reveal() === text ? known.secret : new Secret(text);
      known = { secret, stamp };
      return secret;
    } catch (error) {
      throw new FixpointError('secret.unavailable', `secret file ${file}: ${reasonOf(error)}`, { cause: error });
    }
  };
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  return code === 'EACCES' ? 'this user may not read it' : messageOf(error);
}
