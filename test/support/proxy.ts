import { createConnection, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A TCP way to a server that can be disturbed. */
export interface Proxy extends AsyncDisposable {
  readonly port: number;
  /** Resets all connections, and every new one at once. */
  cut(): void;
  /** Keeps connections open and takes new ones, but lets no byte through until `restore`. */
  stall(): void;
  /** Holds every byte back for so long, in both directions; 0 ends it. */
  delay(ms: number): void;
  /** Resets a connection once so many bytes of answers went through it: half an answer. */
  cutAfter(answerBytes: number): void;
  /** Ends every disturbance; connections that were cut stay so. */
  restore(): void;
  close(): Promise<void>;
}

interface Disturbance {
  readonly isCut: boolean;
  readonly isStalled: boolean;
  readonly delayMs: number;
  readonly answerBytes: number;
}

const calm: Disturbance = { isCut: false, isStalled: false, delayMs: 0, answerBytes: Number.POSITIVE_INFINITY };

/** Listens on a free port of the loopback and passes on to `target`. */
export async function startProxy(target: { readonly port: number; readonly host?: string }): Promise<Proxy> {
  let disturbance = calm;
  const sockets = new Set<Socket>();
  const wakeUps = new Set<() => void>();

  function disturb(change: Partial<Disturbance>): void {
    disturbance = { ...disturbance, ...change };
    for (const wake of wakeUps) wake();
    wakeUps.clear();
  }
  function resetAll(): void {
    for (const socket of sockets) socket.resetAndDestroy();
  }
  async function untilFlowing(): Promise<void> {
    if (disturbance.delayMs > 0) await delay(disturbance.delayMs);
    while (disturbance.isStalled) await new Promise<void>((resolve) => void wakeUps.add(resolve));
  }
  /** Chunks and the end keep their order: each waits for the one before. */
  function passOn(from: Socket, to: Socket, isAnswer: boolean): void {
    let before = Promise.resolve();
    let passed = 0;
    async function pass(chunk: Buffer): Promise<void> {
      await untilFlowing();
      if (to.destroyed) return;
      const room = isAnswer ? Math.max(0, disturbance.answerBytes - passed) : chunk.length;
      passed += chunk.length;
      if (chunk.length < room || !isAnswer) return void to.write(chunk);
      to.write(chunk.subarray(0, room), () => {
        if (disturbance.answerBytes === Number.POSITIVE_INFINITY) return;
        from.resetAndDestroy();
        to.resetAndDestroy();
      });
    }
    from.on('data', (chunk: Buffer) => {
      before = before.then(() => pass(chunk));
    });
    from.on('end', () => {
      before = before.then(untilFlowing).then(() => void to.end());
    });
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (disturbance.isCut) return void client.resetAndDestroy();
    const upstream = createConnection({ port: target.port, host: target.host ?? '127.0.0.1', allowHalfOpen: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    client.on('close', () => sockets.delete(client) && upstream.destroy());
    upstream.on('close', () => sockets.delete(upstream) && client.destroy());
    passOn(client, upstream, false);
    passOn(upstream, client, true);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the address of a TCP server has a port');

  async function close(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve));
    disturb(calm);
    for (const socket of sockets) socket.destroy();
    await closed;
  }
  return {
    port: address.port,
    cut() {
      disturb({ isCut: true });
      resetAll();
    },
    stall: () => disturb({ isStalled: true }),
    delay: (ms) => disturb({ delayMs: ms }),
    cutAfter: (answerBytes) => disturb({ answerBytes }),
    restore: () => disturb(calm),
    close,
    [Symbol.asyncDispose]: close,
  };
}
