import { createServer } from 'node:net';

/** Below what systems give to outgoing connections, so that none of those takes it before it is listened on. */
const range = { from: 15_000, to: 32_000 };

const size = range.to - range.from;
let given = Math.floor(Math.random() * size);

/** A TCP port of the loopback that nobody listens on at the moment, and that none here was given before: they may not listen yet. */
export async function freePort(): Promise<number> {
  for (;;) {
    given = (given + 1) % size;
    const port = range.from + given;
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (isListening) await new Promise((resolve) => server.close(resolve));
  return isListening;
}
