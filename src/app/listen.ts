import { isIPv4 } from 'node:net';
import type { buildServer } from '../api/server.ts';
import type { Config } from '../config/config.ts';

type Server = ReturnType<typeof buildServer>;

/** Answers the address that the server listens on; a port that is taken says so. */
export async function listen(server: Server, { host, port }: Config['listen']): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`${host}:${port} is taken by another program; choose another with --listen ${host}:<port>`, { cause: error });
  }
}

/** By the address alone: a name that begins with 127. may lead anywhere. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
