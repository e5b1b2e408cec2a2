import { parseWebhookMessage, type WebhookMessage } from './webhook-message.ts';

/**
 * Alerts in any form in which people come by them, as a webhook message: one itself, a list of alerts or a single one, what
 * Alertmanager's API answers (alerts, groups), what Prometheus's does (alerts, rules). Throws `webhook.malformed`.
 */
export function readAnyAlerts(body: unknown): WebhookMessage {
  const alerts = alertsIn(body);
  return parseWebhookMessage(alerts === undefined ? body : { alerts: alerts.map(asWebhookAlert) });
}

/** Undefined where the body is a webhook message, or none of these. */
function alertsIn(body: unknown): readonly unknown[] | undefined {
  if (Array.isArray(body)) return body.flatMap((item: unknown) => alertsOfGroup(item) ?? [item]);
  if (!isMap(body)) return undefined;
  if (isMap(body['labels']) && body['alerts'] === undefined) return [body];
  // An envelope of an API; Alertmanager's old one has the list in it at once.
  const { data } = body;
  if (Array.isArray(data)) return alertsIn(data);
  if (!isMap(data)) return undefined;
  if (Array.isArray(data['alerts'])) return data['alerts'];
  if (!Array.isArray(data['groups'])) return undefined;
  const rules = data['groups'].flatMap((group: unknown) => (isMap(group) && Array.isArray(group['rules']) ? group['rules'] : []));
  return rules.flatMap((rule: unknown) => alertsOfGroup(rule) ?? []);
}

function alertsOfGroup(item: unknown): readonly unknown[] | undefined {
  return isMap(item) && Array.isArray(item['alerts']) ? item['alerts'] : undefined;
}

/** APIs say of an alert what state it is in, in words of their own, and when it would end if nobody spoke of it again. */
function asWebhookAlert(alert: unknown): unknown {
  if (!isMap(alert)) return alert;
  const { status, state: _state, activeAt, endsAt, ...rest } = alert;
  if (typeof status === 'string') return { ...rest, status, ...(endsAt === undefined ? {} : { endsAt }) };
  return { status: 'firing', ...(typeof activeAt === 'string' ? { startsAt: activeAt } : {}), ...rest };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
