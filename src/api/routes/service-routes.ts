import { z } from 'zod';
import { defineRoute, type ApiRoute } from '../api-route.ts';
import type { ApiDependencies } from '../dependencies.ts';

const Readiness = z.object({ ready: z.boolean(), reasons: z.array(z.string()).optional(), warnings: z.array(z.string()).optional() });

/** The service about itself: health, readiness, metrics, reload. */
export function serviceRoutes({
  ready,
  metricsText,
  operations,
}: Pick<ApiDependencies, 'ready' | 'metricsText' | 'operations'>): readonly ApiRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/-/healthy',
      role: 'anyone',
      summary: 'Whether the process answers',
      answers: { 200: { description: 'It does', schema: z.object({ healthy: z.boolean() }) } },
      handle: async () => ({ healthy: true }),
    }),
    defineRoute({
      method: 'GET',
      path: '/-/ready',
      role: 'anyone',
      summary: 'Whether the service can do its work',
      answers: { 200: { description: 'It can', schema: Readiness }, 503: { description: 'It cannot, and why', schema: Readiness } },
      async handle({ reply }) {
        const { ready: isReady, reasons, warnings = [] } = await ready();
        const warned = warnings.length === 0 ? {} : { warnings };
        if (isReady) return { ready: true, ...warned };
        reply.code(503);
        return { ready: false, reasons, ...warned };
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/metrics',
      role: 'viewer',
      summary: 'Metrics in the text format of Prometheus',
      answers: { 200: { description: 'The metrics', contentType: 'text/plain', schema: z.string() } },
      async handle({ reply }) {
        reply.type('text/plain; version=0.0.4; charset=utf-8');
        return await metricsText();
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/-/reload',
      role: 'admin',
      summary: 'Read rules and remediations again, all or none',
      answers: {
        200: {
          description: 'Loaded; problems are warnings',
          schema: z.object({ hash: z.string(), rules: z.number(), problems: z.array(z.string()) }),
        },
        422: { description: 'They have problems; the old ones stay' },
      },
      handle: async ({ by }) => await operations.reload(by),
    }),
  ];
}
