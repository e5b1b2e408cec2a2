import { findProgram } from './find-program.ts';

/** A server that may be run as a child process. */
interface ServerProgram {
  readonly name: string;
  /** File names; the first that is found counts. */
  readonly binaries: readonly string[];
  /** What installs it. */
  readonly install: string;
}

/** As `scripts/setup/servers.mjs` has them, which a Node without our packages reads. */
export const serverPrograms = {
  redis: {
    name: 'Redis',
    binaries: ['redis-server', 'valkey-server'],
    install: 'sudo apt-get install redis-server, or brew install redis',
  },
  postgres: { name: 'PostgreSQL', binaries: ['postgres'], install: 'sudo apt-get install postgresql, or brew install postgresql@17' },
  prometheus: { name: 'Prometheus', binaries: ['prometheus'], install: 'sudo apt-get install prometheus, or brew install prometheus' },
  alertmanager: {
    name: 'Alertmanager',
    binaries: ['prometheus-alertmanager', 'alertmanager'],
    install: 'sudo apt-get install prometheus-alertmanager, or brew install alertmanager',
  },
} as const satisfies Readonly<Record<string, ServerProgram>>;

export type ServerKind = keyof typeof serverPrograms;

/** The path of the program; undefined where it is not installed. */
export function findServerProgram(kind: ServerKind, path: string): string | undefined {
  return findProgram(serverPrograms[kind].binaries, path);
}
