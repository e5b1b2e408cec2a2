import type { WebhookMessage } from './webhook-message.ts';

/**
 * Whether the body surely fits `WebhookMessage`, seen without copying anything. It may say no to a body that fits, never
 * yes to one that does not: a property test holds it to the schema.
 */
export function isPlainMessage(body: unknown): body is WebhookMessage {
  if (!isPlainObject(body)) return false;
  if (body['version'] !== '4' || !Array.isArray(body['alerts'])) return false;
  if (!isText(body['receiver']) || !isText(body['status']) || !isText(body['groupKey']) || !isText(body['externalURL'])) return false;
  if (body['truncatedAlerts'] !== undefined && !Number.isFinite(body['truncatedAlerts'])) return false;
  return (
    areOptionalLabels(body['groupLabels']) &&
    areOptionalLabels(body['commonLabels']) &&
    areOptionalLabels(body['commonAnnotations']) &&
    body['alerts'].every(isPlainAlert)
  );
}

function isPlainAlert(alert: unknown): boolean {
  if (!isPlainObject(alert)) return false;
  const status = alert['status'];
  if (status !== 'firing' && status !== 'resolved') return false;
  return (
    countLabels(alert['labels']) > 0 &&
    areOptionalLabels(alert['annotations']) &&
    isText(alert['startsAt']) &&
    isText(alert['endsAt']) &&
    isText(alert['generatorURL']) &&
    isText(alert['fingerprint'])
  );
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function areOptionalLabels(value: unknown): boolean {
  return value === undefined || countLabels(value) >= 0;
}

/** How many labels there are; -1 if the value is no set of labels. */
function countLabels(value: unknown): number {
  if (!isPlainObject(value)) return -1;
  let count = 0;
  for (const name in value) {
    if (typeof value[name] !== 'string') return -1;
    count++;
  }
  return count;
}
