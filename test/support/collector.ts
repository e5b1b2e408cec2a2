import { listening, type Listening } from './listening.ts';

/** A span as OTLP's JSON has it, with its attributes by name. */
export interface ReceivedSpan {
  readonly trace: string;
  readonly id: string;
  readonly parent: string | undefined;
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[];
  /** Traces that it comes after. */
  readonly links: readonly string[];
  readonly isError: boolean;
  readonly service: unknown;
}

export interface Collector extends AsyncDisposable {
  readonly origin: string;
  readonly spans: readonly ReceivedSpan[];
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** A stand-in for an OpenTelemetry collector that takes OTLP over HTTP, as JSON. */
export async function startCollector(): Promise<Collector> {
  const spans: ReceivedSpan[] = [];
  const headers: Record<string, string | string[] | undefined> = {};
  const server: Listening = await listening((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      if (request.method !== 'POST' || request.url !== '/v1/traces') return void response.writeHead(404).end();
      Object.assign(headers, request.headers);
      spans.push(...read(JSON.parse(Buffer.concat(chunks).toString('utf8'))));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  return { origin: server.origin, spans, headers, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function read(body: {
  resourceSpans: readonly {
    resource: { attributes: readonly Attribute[] };
    scopeSpans: readonly { spans: readonly Record<string, never>[] }[];
  }[];
}): readonly ReceivedSpan[] {
  return body.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        trace: String(span['traceId']),
        id: String(span['spanId']),
        parent: span['parentSpanId'] === undefined || span['parentSpanId'] === '' ? undefined : String(span['parentSpanId']),
        name: String(span['name']),
        from: Number(span['startTimeUnixNano']) / 1e6,
        to: Number(span['endTimeUnixNano']) / 1e6,
        attributes: named(span['attributes'] ?? []),
        events: ((span['events'] ?? []) as readonly { name: string; attributes: readonly Attribute[] }[]).map(({ name, attributes }) => ({
          name,
          attributes: named(attributes),
        })),
        links: ((span['links'] ?? []) as readonly { traceId: string }[]).map(({ traceId }) => traceId),
        isError: (span['status'] as { code?: number } | undefined)?.code === 2,
        service: named(resource.attributes)['service.name'],
      })),
    ),
  );
}

function named(attributes: readonly Attribute[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
