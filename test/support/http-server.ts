import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { startServer, type Server } from './server.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** `folder` is where its files lie: relative paths in its configuration start there. */
export interface HttpServer extends Server {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
}

/** Starts a server of the Prometheus family: files in a folder of its own, ready when `/-/ready` says so. */
export async function startHttpServer({
  name,
  program,
  files,
  args,
}: {
  name: string;
  program: string;
  files: Readonly<Record<string, string>>;
  args: (at: { folder: string; port: number }) => readonly string[];
}): Promise<HttpServer> {
  const folder = temporaryFolder();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder.path, file), text);
  const server = await startServer({
    name,
    child: { command: program, args: args({ folder: folder.path, port }), cwd: folder.path },
    isReady: async () => (await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(2000) })).ok,
    cleanUp: () => folder.remove(),
  });
  return Object.assign(server, { url, port, folder: folder.path });
}
