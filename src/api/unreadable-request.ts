interface Connection {
  readonly writable: boolean;
  end(text: string): unknown;
  destroy(): unknown;
}

const statuses: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** The answer to what is no HTTP, or too slow or too large a head: the connection ends, for nothing after it can be read either. */
export function answerUnreadable(
  { code = '' }: { readonly code?: string },
  connection: Connection,
  headers: Readonly<Record<string, string>>,
): void {
  if (code === 'ECONNRESET' || !connection.writable) {
    connection.destroy();
    return;
  }
  const lines = Object.entries({ ...headers, 'connection': 'close', 'content-length': '0' }).map(([name, value]) => `${name}: ${value}`);
  connection.end(`HTTP/1.1 ${statuses[code] ?? '400 Bad Request'}\r\n${lines.join('\r\n')}\r\n\r\n`);
}
