import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import type { SecretWatch } from './secret-watch.ts';

type Tree = Readonly<Record<string, unknown>>;

interface Given {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** For what is written where the caller has no configuration of their own. */
  readonly folder: string;
}

/** What a service is started with; `history`: the address of the PostgreSQL that keeps it, where there is one. */
interface Planted {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly history?: string;
}

/** Files that are named in the configuration and are no secrets. */
const plainFiles = new Set(['pause', 'history.sqlite']);

/** A text that nobody else writes, made of letters and digits only, so that no writing changes it. */
export function plantedText(place: string): string {
  return `planted${place.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase()}${randomBytes(12).toString('hex')}`;
}

/**
 * What a service is started with, with secrets in it that are recognised anywhere: those of the caller's own configuration, and planted
 * ones in connections and places that nothing uses. All of them are watched.
 */
export function plantSecrets({ args, env, folder }: Given, watch: SecretWatch): Planted {
  const index = args.indexOf('--config') + 1;
  const file = index === 0 ? undefined : args[index];
  const content = (file === undefined || !existsSync(file) ? {} : (parse(readFileSync(file, 'utf8')) ?? {})) as Tree;
  const own: Record<string, string> = {};
  const plant = (place: string): { env: string } => {
    const name = `PLANTED_${Object.keys(own).length}`;
    const text = plantedText(place);
    own[name] = text;
    watch.add(place, text);
    return { env: name };
  };
  if (env['FIXPOINT_TOKEN'] !== undefined) watch.add('FIXPOINT_TOKEN', env['FIXPOINT_TOKEN']);
  for (const { place, text } of secretsIn(content, { env, folder: dirname(file ?? folder) })) watch.add(place, text);
  for (const argument of args) watch.add('an address on the command line', URL.parse(argument)?.password ?? '');
  plant('the environment');
  const planted = withConnections(content, plant);
  const plantedFile = join(file === undefined ? folder : dirname(file), `planted-${randomBytes(6).toString('hex')}.yaml`);
  writeFileSync(plantedFile, stringify(planted));
  const others = index === 0 ? args : args.toSpliced(index - 1, 2);
  const token: Record<string, string> =
    env['FIXPOINT_TOKEN'] === undefined ? { FIXPOINT_TOKEN: own[plant('FIXPOINT_TOKEN').env] ?? '' } : {};
  const history = historyOf(content, { env, folder: dirname(file ?? folder) });
  return { args: [...others, '--config', plantedFile], env: { ...own, ...token, ...env }, ...(history === undefined ? {} : { history }) };
}

/** Connections that no rule names, so that nothing is done with them. */
function withConnections(content: Tree, plant: (place: string) => { env: string }): Tree {
  const closed = '127.0.0.1:9';
  const within = (key: string, entry: object): Tree => ({ ...(content[key] as Tree | undefined), planted: entry });
  return {
    ...content,
    secrets: within('secrets', plant('secrets.planted')),
    http: within('http', { origin: `http://${closed}`, headers: { authorization: plant('http.planted.headers') } }),
    prometheus: within('prometheus', { url: `http://${closed}`, token: plant('prometheus.planted.token') }),
    redis: within('redis', { address: closed, password: plant('redis.planted.password') }),
    postgres: within('postgres', { address: closed, database: 'd', username: 'u', password: plant('postgres.planted.password') }),
  };
}

/** Where history is kept, if it is PostgreSQL. */
function historyOf({ history }: Tree, at: Parameters<typeof secretsIn>[1]): string | undefined {
  const { url } = ((history as Tree | undefined)?.['postgres'] ?? {}) as { readonly url?: unknown };
  return typeof url === 'string' ? url : secretsIn(url, at).at(0)?.text;
}

/** The texts behind every `{ file }` and `{ env }` of a configuration, at any depth. */
function secretsIn(
  content: unknown,
  at: { readonly env: Readonly<Record<string, string>>; readonly folder: string },
  path: readonly string[] = [],
): readonly { readonly place: string; readonly text: string }[] {
  if (typeof content !== 'object' || content === null) return [];
  const place = path.join('.');
  const entries = Object.entries(content);
  const [[kind, value] = ['', undefined]] = entries;
  if (entries.length === 1 && typeof value === 'string' && !plainFiles.has(place)) {
    if (kind === 'env') return [{ place, text: at.env[value] ?? '' }];
    const file = resolve(at.folder, value);
    if (kind === 'file' && existsSync(file)) return [{ place, text: readFileSync(file, 'utf8').trim() }];
  }
  return entries.flatMap(([key, member]) => secretsIn(member, at, [...path, key]));
}
