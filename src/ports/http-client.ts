/** A request to a declared connection of `http.<name>`; never to a raw address. */
export interface HttpRequest {
  readonly connection: string;
  /** `ip:port` of one endpoint of the Service that the connection declares; the connection's own origin unless told. */
  readonly address?: string;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query below the connection's origin; starts with `/`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is; JSON is serialised by the caller. May hold secret markers, resolved at sending. */
  readonly body?: string;
  readonly timeoutMs: number;
}

/** The first 64 KiB of the body as text; `truncated` says that there was more. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly truncated: boolean;
}

/** GET and HEAD only. Failures to get an answer are `http.unavailable`; what is not allowed is `http.refused`. */
export interface HttpReader {
  read(request: HttpRequest & { readonly method: 'GET' | 'HEAD' }, signal: AbortSignal): Promise<HttpAnswer>;
  /** The canonical target of a connection, `http/<host>:<port>`; undefined when none has this name. */
  targetOf(connection: string): string | undefined;
  /** `<cluster>/<namespace>/<name>` of the Service whose endpoints the connection may be asked at. */
  endpointsOf(connection: string): string | undefined;
}

/** Any method; asks for permission before it sends, and only with more lease left than the timeout. */
export interface HttpWriter {
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
}
