import { z } from 'zod';
import { parseWebhookMessage, WebhookMessage } from '../../alert/webhook-message.ts';
import { codeOf, FixpointError } from '../../errors.ts';
import type { Notification } from '../../pipeline/notification.ts';
import type { Metrics } from '../../ports/metrics.ts';
import type { Tracing } from '../../ports/tracing.ts';
import { defineRoute, type ApiCall, type ApiRoute } from '../api-route.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Gatekeeper } from '../gatekeeper.ts';
import type { BodyReader } from '../request-body.ts';
import type { SourceDirectory } from '../source-directory.ts';

/** Alertmanager drops what it gets a 4xx for and repeats what it gets a 5xx for; so the wording of failures here is their status. */
const answers = {
  202: { description: 'Stored durably', schema: z.object({ accepted: z.number(), notification: z.string() }) },
  400: { description: 'The body is no webhook message' },
  401: { description: 'A valid credential is needed' },
  429: { description: 'Too many credentials were not valid' },
  404: { description: 'No source has this name' },
  413: { description: 'The body is too large' },
  415: { description: 'The content type is not application/json' },
  503: { description: 'It could not be stored, or whose it is cannot be told now; send it again' },
};

interface Parts {
  readonly gatekeeper: Gatekeeper;
  readonly sources: SourceDirectory;
  readonly bodies: BodyReader;
}

type WebhookDependencies = Pick<ApiDependencies, 'intake' | 'ids' | 'clock' | 'metrics' | 'tracing' | 'accepted'>;

/** The hook for Alertmanager: one durable add for each message, then the answer. */
export function webhookRoutes(dependencies: WebhookDependencies, { gatekeeper, sources, bodies }: Parts): readonly ApiRoute[] {
  const { intake, ids, clock, metrics, tracing } = dependencies;

  async function take({ params, request, reply }: ApiCall<undefined, undefined>): Promise<unknown> {
    let source = 'unknown';
    const began = clock.now();
    try {
      const given = await gatekeeper.admitSource(request, params['source'], (name) => sources.named(name));
      if (given !== undefined) source = given;
      return await bodies.read(request.raw, async ({ value, bytes }) => {
        const message = parseWebhookMessage(value);
        if (given === undefined) source = sources.plain(message);
        const at = placeFor(tracing, request.headers['traceparent']);
        const notification: Notification = {
          id: ids.next(),
          source,
          receivedAt: clock.now(),
          bytes,
          message,
          ...(at === undefined ? {} : { trace: at.self }),
        };
        await intake.add({ id: notification.id, data: notification });
        if (at !== undefined) {
          const attributes = {
            'fixpoint.notification': notification.id,
            'fixpoint.source': source,
            'fixpoint.alerts': message.alerts.length,
          };
          tracing?.ended({ name: 'webhook', isAnswer: true, from: began, to: clock.now(), attributes }, at);
        }
        metrics.notification(source, 'accepted');
        dependencies.accepted?.(notification);
        reply.code(202);
        return { accepted: message.alerts.length, notification: notification.id };
      });
    } catch (error) {
      metrics.notification(source, resultOf(error));
      throw error;
    }
  }

  const shared = { method: 'POST', role: 'source', describedBody: WebhookMessage, answers, handle: take } as const;
  return [
    defineRoute({
      ...shared,
      path: '/api/v1/webhook',
      summary: "Take an Alertmanager's message, of the source its credential or labels tell",
    }),
    defineRoute({ ...shared, path: '/api/v1/webhook/:source', summary: "Take a message of one source's Alertmanager" }),
  ];
}

/** Continues the sender's trace, if it has one. */
function placeFor(tracing: Tracing | undefined, given: string | string[] | undefined): { self: string; parent?: string } | undefined {
  if (tracing === undefined) return undefined;
  return typeof given === 'string' ? { self: tracing.place(given), parent: given } : { self: tracing.place() };
}

function resultOf(error: unknown): Parameters<Metrics['notification']>[1] {
  const code = codeOf(error);
  if (code.startsWith('auth.') && code !== 'auth.unavailable') return 'unauthorized';
  if (code === 'overloaded') return 'overloaded';
  return error instanceof FixpointError && !error.retryable && code !== 'internal' ? 'rejected' : 'unavailable';
}
