import { startHttpServer, type HttpServer } from './http-server.ts';
import { serverProgram } from './server-program.ts';

/**
 * A real Prometheus. `config` is the text of its configuration file; `files` lie beside it (rules, credentials), by name; what is
 * in `args` goes to the command line.
 */
export async function startPrometheus({
  config,
  files = {},
  args = [],
}: {
  config: string;
  files?: Readonly<Record<string, string>>;
  args?: readonly string[];
}): Promise<HttpServer> {
  return startHttpServer({
    name: 'Prometheus',
    program: serverProgram('prometheus'),
    files: { ...files, 'prometheus.yml': config },
    args: ({ folder, port }) => [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-lifecycle',
      // It finds its Alertmanagers seconds after its first evaluation; an alert lost until then is sent again soon, not in a minute.
      '--rules.alert.resend-delay=1s',
      ...args,
    ],
  });
}
