import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';

/** What a server says over a WebSocket: its frames, then either a proper end, a cut connection, or nothing more. */
export interface WebSocketTalk {
  readonly protocol: string;
  readonly frames: readonly Uint8Array[];
  readonly end: 'close' | 'cut' | 'never';
}

/** RFC 6455, 1.3. */
const magic = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

const binary = 0x82;
const close = 0x88;

/** Agrees to a WebSocket and says all there is to say; what the client sends is not read. */
export function talkOver(socket: Duplex, key: string, { protocol, frames, end }: WebSocketTalk): void {
  const accept = createHash('sha1')
    .update(key + magic)
    .digest('base64');
  const head = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    `Sec-WebSocket-Protocol: ${protocol}`,
  ];
  socket.on('error', () => socket.destroy());
  socket.resume();
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  for (const frame of frames) socket.write(frameOf(binary, frame));
  if (end === 'cut') setImmediate(() => socket.destroy());
  // 1000: all is said.
  if (end === 'close') socket.end(frameOf(close, Buffer.from([0x03, 0xe8])));
}

function frameOf(head: number, payload: Uint8Array): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([head, length]), payload]);
  if (length < 65_536) return Buffer.concat([Buffer.from([head, 126, length >> 8, length & 255]), payload]);
  const long = Buffer.alloc(10);
  long[0] = head;
  long[1] = 127;
  long.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([long, payload]);
}
