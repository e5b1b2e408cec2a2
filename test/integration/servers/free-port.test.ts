import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePort } from '../../../src/adapters/servers/free-port.ts';

it('gives nobody a port that another has not listened on yet', async () => {
  const ports = await Promise.all(Array.from({ length: 300 }, () => freePort()));
  expect(new Set(ports).size).toBe(ports.length);
});

it('passes over a port that somebody listens on', async () => {
  const next = (await freePort()) + 1;
  const server = createServer();
  // Where somebody else does already, that is as good.
  await new Promise<void>((resolve) => server.once('error', () => resolve()).listen(next, '127.0.0.1', resolve));
  try {
    expect(await freePort()).not.toBe(next);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});
