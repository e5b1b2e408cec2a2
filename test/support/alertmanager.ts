import { startHttpServer, type HttpServer } from './http-server.ts';
import { serverProgram } from './server-program.ts';

/** A real Alertmanager without cluster. `config` is the text of its configuration file; `files` lie beside it (credentials), by name. */
export async function startAlertmanager({
  config,
  files = {},
  args = [],
}: {
  config: string;
  files?: Readonly<Record<string, string>>;
  args?: readonly string[];
}): Promise<HttpServer> {
  return startHttpServer({
    name: 'Alertmanager',
    program: serverProgram('alertmanager'),
    files: { ...files, 'alertmanager.yml': config },
    args: ({ folder, port }) => [
      `--config.file=${folder}/alertmanager.yml`,
      `--storage.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
      ...args,
    ],
  });
}
