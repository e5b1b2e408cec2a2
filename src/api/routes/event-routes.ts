import { once } from 'node:events';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { FixpointError, messageOf } from '../../errors.ts';
import type { JournalRecord } from '../../run/journal-entry.ts';
import { defineRoute, type ApiRoute } from '../api-route.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { timeText } from '../time-text.ts';

const heartbeatMs = 15_000;
/** Between a failed reading of the journal and the next. */
const retryMs = 1000;
/** One waiting for entries; it only has an end so that none outlives a store that forgot it. */
const followMs = 3_600_000;
const mostStreams = 64;
/** Then a stream ends, and who follows it has to say again who they are. */
const longestStreamMs = 900_000;

/** The live journal for pages and scripts; `streams` has one controller for each open stream, aborted when the server closes. */
export function eventRoutes(
  { store, clock, log }: Pick<ApiDependencies, 'store' | 'clock' | 'log'>,
  streams: Set<AbortController>,
): readonly ApiRoute[] {
  async function send(stream: FastifyReply['raw'], from: string, signal: AbortSignal): Promise<void> {
    let after = from;
    while (!signal.aborted) {
      try {
        for (const record of await store.follow(after, followMs, signal)) {
          after = record.id;
          if (!stream.write(eventText(record))) await once(stream, 'drain', { signal });
        }
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ reason: messageOf(error) }, 'the journal could not be read for an event stream, tried again');
        await clock.sleep(retryMs, signal).catch(() => undefined);
      }
    }
  }

  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/events',
      role: 'viewer',
      summary:
        'The journal as it is written (server-sent events); Last-Event-ID goes on where a stream ended, as each does after a quarter of an hour',
      answers: {
        200: {
          description: 'One event an entry: id, event = the type of entry, data = the entry as JSON',
          contentType: 'text/event-stream',
          schema: z.string(),
        },
      },
      async handle({ request, reply }) {
        const last = request.headers['last-event-id'];
        if (last !== undefined && (typeof last !== 'string' || !/^\d{1,20}(-\d{1,20})?$/.test(last))) {
          throw new FixpointError('request.malformed', 'Last-Event-ID is not the id of an event of this stream');
        }
        if (streams.size >= mostStreams) throw new FixpointError('overloaded', `there are ${mostStreams} event streams already`);
        const controller = new AbortController();
        streams.add(controller);
        reply.hijack();
        const stream = reply.raw;
        const headers = {
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-store',
          'connection': 'keep-alive',
          'x-accel-buffering': 'no',
        };
        stream.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...headers });
        stream.write('retry: 2000\n\n');
        stream.once('close', () => controller.abort());
        stream.on('error', () => controller.abort());
        const end = clock.after(longestStreamMs, () => controller.abort());
        const heartbeat = clock.every(heartbeatMs, () => stream.write(': still here\n\n'));
        try {
          await send(stream, last ?? '$', controller.signal);
        } finally {
          heartbeat.stop();
          end.stop();
          streams.delete(controller);
          stream.end();
        }
        return undefined;
      },
    }),
  ];
}

/** Without the record of a run, which `GET /api/v1/runs/<id>` gives. */
function eventText({ data, ...record }: JournalRecord): string {
  const { record: _run, ...told } = data;
  return `id: ${record.id}\nevent: ${record.type}\ndata: ${JSON.stringify({ ...record, data: told, at: timeText(record.at) })}\n\n`;
}
