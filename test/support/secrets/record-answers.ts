import { appendFileSync } from 'node:fs';
import { ServerResponse } from 'node:http';

// Loaded into a service under test: writes down every answer it gives on its own port, head and body, before it is sent.
const [, port = '0', file = ''] = /^(\d+):(.+)$/.exec(process.env['RECORD_ANSWERS'] ?? '') ?? [];

function record(response: ServerResponse, text: unknown): void {
  const isOwn = response.socket?.localPort === Number(port);
  if (isOwn && (typeof text === 'string' || text instanceof Uint8Array)) appendFileSync(file, text);
}

const { write, end, writeHead } = ServerResponse.prototype;

ServerResponse.prototype.write = function (this: ServerResponse, ...given: unknown[]) {
  record(this, given[0]);
  return write.apply(this, given as never);
} as typeof write;

ServerResponse.prototype.end = function (this: ServerResponse, ...given: unknown[]) {
  record(this, given[0]);
  return end.apply(this, given as never);
} as typeof end;

ServerResponse.prototype.writeHead = function (this: ServerResponse, ...given: unknown[]) {
  const answer = writeHead.apply(this, given as never);
  record(this, `\n${JSON.stringify([given, this.getHeaders()])}\n`);
  return answer;
} as typeof writeHead;
