import { randomBytes } from 'node:crypto';
import { SpanKind, SpanStatusCode, TraceFlags, type HrTime, type SpanContext } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace';
import type { Log } from '../../ports/log.ts';
import type { TracedSpan, Tracing } from '../../ports/tracing.ts';
import { formatTraceParent, parseTraceParent, type TraceParent } from '../../value/trace-parent.ts';

export interface OtlpOptions {
  /** Where traces are posted to. */
  readonly url: string;
  /** Asked before each post; where it throws, the spans are lost. */
  readonly headers: () => Readonly<Record<string, string>>;
  /** `service.name`. */
  readonly service: string;
  readonly version: string;
  readonly instance: string;
  readonly log: Log;
}

/** For one post, ms. */
const exportTimeout = 5000;
/** Spans that wait; what is more is dropped. */
const mostWaiting = 4096;
const every = 1000;
/** Characters of a text. */
const longest = 2000;

/**
 * Spans by OTLP over HTTP, as JSON. They are made whole when they have ended, so the SDK's tracer, which times them itself, is passed by;
 * its queue and exporter send them, in the background.
 */
export function otlpTracing({ url, headers, service, version, instance, log }: OtlpOptions): Tracing & { close(): Promise<void> } {
  const exporter = telling(new OTLPTraceExporter({ url, headers: async () => ({ ...headers() }), timeoutMillis: exportTimeout }), {
    url,
    log,
  });
  const processor = new BatchSpanProcessor({
    exporter,
    maxQueueSize: mostWaiting,
    maxExportBatchSize: 512,
    scheduledDelayMillis: every,
    exportTimeoutMillis: exportTimeout,
  });
  const resource = resourceFromAttributes({ 'service.name': service, 'service.version': version, 'service.instance.id': instance });
  const scope = { name: 'fixpoint', version };

  function hand(span: TracedSpan, self: TraceParent, parent: TraceParent | undefined): void {
    const readable: ReadableSpan = {
      name: span.name,
      kind: span.isAnswer === true ? SpanKind.SERVER : SpanKind.INTERNAL,
      spanContext: () => contextOf(self),
      ...(parent === undefined ? {} : { parentSpanContext: contextOf(parent) }),
      startTime: hrTime(span.from),
      endTime: hrTime(span.to),
      duration: hrTime(Math.max(0, span.to - span.from)),
      status: span.failure === undefined ? { code: SpanStatusCode.OK } : { code: SpanStatusCode.ERROR, message: span.failure },
      attributes: shortened(span.attributes),
      links: (span.links ?? []).flatMap((link) => {
        const place = parseTraceParent(link);
        return place === undefined ? [] : [{ context: contextOf(place) }];
      }),
      events: (span.events ?? []).map(({ name, at, attributes }) => ({
        name,
        time: hrTime(at),
        attributes: shortened(attributes),
        droppedAttributesCount: 0,
      })),
      ended: true,
      resource,
      instrumentationScope: scope,
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
    processor.onEnd(readable);
    for (const child of span.children ?? []) hand(child, below(self), self);
  }

  return {
    place: (parent) => formatTraceParent(below(parent === undefined ? undefined : parseTraceParent(parent))),
    ended(span, at) {
      const parent = at.parent === undefined ? undefined : parseTraceParent(at.parent);
      const self = (at.self === undefined ? undefined : parseTraceParent(at.self)) ?? below(parent);
      if (self.isSampled) hand(span, self, parent);
    },
    // That the last ones could not be sent has been told.
    close: async () => await processor.shutdown().catch(() => undefined),
  };
}

/** A new span in the same trace; without one, at the root of a new one. */
function below(parent: TraceParent | undefined): TraceParent {
  const span = randomBytes(8).toString('hex');
  return parent === undefined ? { trace: randomBytes(16).toString('hex'), span, isSampled: true } : { ...parent, span };
}

function contextOf({ trace, span, isSampled }: TraceParent): SpanContext {
  return { traceId: trace, spanId: span, traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE };
}

/** Reasons may quote whole answers. */
function shortened<T extends string | number | boolean>(attributes: Readonly<Record<string, T>>): Record<string, T | string> {
  const entries = Object.entries(attributes).map(([name, value]): [string, T | string] => [
    name,
    typeof value === 'string' && value.length > longest ? `${value.slice(0, longest)}…` : value,
  ]);
  return Object.fromEntries(entries);
}

function hrTime(ms: number): HrTime {
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1_000_000)];
}

/** Says once that spans are lost, and once that they are taken again. */
function telling(inner: SpanExporter, { url, log }: { url: string; log: Log }): SpanExporter {
  let isFailing = false;
  return {
    export(spans, done) {
      inner.export(spans, (result) => {
        const fails = result.error !== undefined;
        if (fails && !isFailing) log.warn({ url, reason: result.error?.message }, 'traces cannot be sent, they are lost');
        if (!fails && isFailing) log.info({ url }, 'traces are taken again');
        isFailing = fails;
        done(result);
      });
    },
    shutdown: () => inner.shutdown(),
    forceFlush: async () => await inner.forceFlush?.(),
  };
}
