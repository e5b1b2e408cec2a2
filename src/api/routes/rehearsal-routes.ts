import { z } from 'zod';
import { readAnyAlerts } from '../../alert/any-alerts.ts';
import { parseWebhookMessage, WebhookMessage } from '../../alert/webhook-message.ts';
import { defineRoute, wisherOf, type ApiRoute } from '../api-route.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { SourceDirectory } from '../source-directory.ts';

const ReplayBody = z
  .strictObject({
    webhook: z.unknown().optional(),
    source: z.string().min(1).max(256).optional(),
    notification: z.string().min(1).max(256).optional(),
    run: z.string().min(1).max(256).optional(),
    mode: z.enum(['plan', 'real']).default('plan'),
    reason: z.string().trim().max(1000).optional(),
  })
  .refine((body) => [body.webhook, body.notification, body.run].filter((of) => of !== undefined).length === 1, {
    error: 'it needs exactly one of webhook, notification and run',
  });

const Explained = z.object({
  alerts: z.array(
    z.object({
      fingerprint: z.string(),
      rules: z.array(
        z.object({
          rule: z.string(),
          matched: z.boolean(),
          reason: z.string(),
          subject: z.string().optional(),
          decisions: z
            .array(
              z.object({ guard: z.string(), decision: z.string(), reason: z.string(), inputs: z.record(z.string(), z.json()).optional() }),
            )
            .optional(),
        }),
      ),
    }),
  ),
});

/** Trying things out: a replay plans unless told to act, an explanation changes nothing at all. */
export function rehearsalRoutes({ operations }: Pick<ApiDependencies, 'operations'>, sources: SourceDirectory): readonly ApiRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/v1/replay',
      role: 'operator',
      summary: 'Run a webhook message, a kept notification or a run again, beside any incident; planned only, unless mode is real',
      body: ReplayBody,
      answers: {
        202: { description: 'The runs made', schema: z.object({ notification: z.string(), runs: z.array(z.string()) }) },
        404: { description: 'The source, notification or run is not known' },
      },
      async handle({ body: { webhook, source, notification, run, mode, reason }, reply, ...call }) {
        const message = webhook === undefined ? undefined : parseWebhookMessage(webhook);
        const answer = await operations.replay({
          ...(message === undefined ? {} : { webhook: message, source: sources.named(source) ?? sources.plain(message) }),
          ...(notification === undefined ? {} : { notification }),
          ...(run === undefined ? {} : { run }),
          ...(reason === undefined ? {} : { reason }),
          mode,
          ...wisherOf(call),
        });
        reply.code(202);
        return answer;
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/v1/explain',
      role: 'viewer',
      summary:
        "Every rule's and guard's answer to alerts, and why: a webhook message, or alerts as Alertmanager or Prometheus list them; no effect",
      query: z.strictObject({ source: z.string().min(1).max(256).optional() }),
      body: z.unknown(),
      describedBody: WebhookMessage,
      answers: { 200: { description: 'The answers, by alert', schema: Explained }, 404: { description: 'No source has this name' } },
      async handle({ query, body }) {
        const message = readAnyAlerts(body);
        return await operations.explain(message, sources.named(query.source) ?? sources.plain(message));
      },
    }),
  ];
}
