import { findServer, servers } from '../../scripts/setup/servers.mjs';

/** The path of a real server's program; a test that needs one fails where it is missing. */
export function serverProgram(kind: keyof typeof servers): string {
  const server = servers[kind];
  const file = findServer(server, { path: process.env['PATH'] ?? '' });
  if (file !== undefined) return file;
  throw new Error(
    `${server.name} is needed by this test and was not found: npm test installs it, or run: apt-get install ${server.debian}`,
  );
}
