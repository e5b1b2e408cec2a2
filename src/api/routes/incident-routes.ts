import { z } from 'zod';
import { defineRoute, type ApiRoute } from '../api-route.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { IncidentView, incidentView } from '../incident-view.ts';
import { timeText } from '../time-text.ts';

const limit = z.coerce.number().int().min(1).max(500).default(50);

const NotificationView = z.strictObject({ id: z.string(), source: z.string(), receivedAt: z.iso.datetime(), alerts: z.number() });

/** What has come in: incidents, and the messages kept for replay. */
export function incidentRoutes({ store }: Pick<ApiDependencies, 'store'>): readonly ApiRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/v1/incidents',
      role: 'viewer',
      summary: 'Incidents, newest first',
      query: z.strictObject({ state: z.enum(['open', 'closed']).optional(), rule: z.string().min(1).max(256).optional(), limit }),
      answers: { 200: { description: 'The incidents', schema: z.object({ incidents: z.array(IncidentView) }) } },
      handle: async ({ query }) => ({ incidents: (await store.incidents(query)).map(incidentView) }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/v1/notifications',
      role: 'viewer',
      summary: 'Messages kept for replay, newest first',
      query: z.strictObject({ limit }),
      answers: {
        200: { description: 'The notifications, without their bodies', schema: z.object({ notifications: z.array(NotificationView) }) },
      },
      async handle({ query }) {
        const kept = await store.notifications(query.limit);
        return {
          notifications: kept.map(({ id, source, receivedAt, alerts }) => ({ id, source, receivedAt: timeText(receivedAt), alerts })),
        };
      },
    }),
  ];
}
