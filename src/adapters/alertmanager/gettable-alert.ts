import { z } from 'zod';

/** An alert as `GET /api/v2/alerts` has it, in what we use. */
export const GettableAlert = z.object({
  fingerprint: z.string(),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()).default({}),
  startsAt: z.string(),
  receivers: z.array(z.object({ name: z.string() })).default([]),
  status: z.object({
    state: z.enum(['unprocessed', 'active', 'suppressed']),
    silencedBy: z.array(z.string()).default([]),
    inhibitedBy: z.array(z.string()).default([]),
    /** Since 0.28. */
    mutedBy: z.array(z.string()).default([]),
  }),
});
export type GettableAlert = z.infer<typeof GettableAlert>;

/** A group as `GET /api/v2/alerts/groups` has it: only there an alert says what mutes it, and for each receiver by itself. */
export const AlertGroup = z.object({ receiver: z.object({ name: z.string() }), alerts: z.array(GettableAlert) });
export type AlertGroup = z.infer<typeof AlertGroup>;

/** An alert as Prometheus's `GET /api/v1/alerts` has it. */
export const RuleAlert = z.object({ state: z.string(), labels: z.record(z.string(), z.string()) });
export type RuleAlert = z.infer<typeof RuleAlert>;

/** What we read of `GET /api/v2/status`: `uptime` is the moment of its start. */
export const AlertmanagerStatus = z.object({ uptime: z.string() });
