import type { Readable } from 'node:stream';

/** The first `most` bytes of a body as text, whole characters only; the rest is not read, and its connection is given up. */
export async function readStart(body: Readable, { most, signal }: { most: number; signal: AbortSignal }): Promise<{ text: string; truncated: boolean }> {
  const stop = (): void => void body.destroy(signal.reason as Error);
  signal.addEventListener('abort', stop, { once: true });
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    signal.throwIfAborted();
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > most) break;
    }
    signal.throwIfAborted();
  } finally {
    signal.removeEventListener('abort', stop);
    if (!body.readableEnded) body.destroy();
  }
  const truncated = size > most;
  const text = new TextDecoder().decode(Buffer.concat(chunks).subarray(0, most), { stream: truncated });
  return { text, truncated };
}
