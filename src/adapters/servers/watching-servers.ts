import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import type { Keeper } from './keeper.ts';
import { untilReady } from './until-ready.ts';

interface Watcher {
  readonly program: string;
  /** The text of its configuration file. */
  readonly config: string;
  /** Texts that lie beside it, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A real Alertmanager on the loopback, without cluster, that dies with us. Answers its address. */
export async function startAlertmanagerServer(keeper: Keeper, watcher: Watcher): Promise<string> {
  return await startWatcher(keeper, { ...watcher, name: 'alertmanager' }, ({ folder, port }) => [
    `--config.file=${join(folder, 'alertmanager.yml')}`,
    `--storage.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ]);
}

/** A real Prometheus on the loopback that dies with us. Answers its address. */
export async function startPrometheusServer(keeper: Keeper, watcher: Watcher): Promise<string> {
  return await startWatcher(keeper, { ...watcher, name: 'prometheus' }, ({ folder, port }) => [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    // An alert that is not sent again for four times this counts as over: a busy machine must not end it.
    '--rules.alert.resend-delay=5s',
  ]);
}

async function startWatcher(
  keeper: Keeper,
  { name, program, config, files = {} }: Watcher & { readonly name: string },
  args: (place: { readonly folder: string; readonly port: number }) => readonly string[],
): Promise<string> {
  const port = await freePort();
  const folder = join(keeper.folder, name);
  mkdirSync(folder, { mode: 0o700 });
  for (const [file, text] of Object.entries({ ...files, [`${name}.yml`]: config }))
    writeFileSync(join(folder, file), text, { mode: 0o600 });
  const server = await keeper.start({ name, command: program, args: args({ folder, port }), cwd: folder, endSignal: 'SIGKILL' });
  const url = `http://127.0.0.1:${port}`;
  await untilReady(server, async () => (await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(2000) })).ok);
  return url;
}
