import type { Alert, Labels } from './alert.ts';
import { fingerprint } from './fingerprint.ts';
import { parseTimestamp } from './timestamp.ts';
import type { WebhookAlert, WebhookMessage } from './webhook-message.ts';

/** Who sent a message. */
export interface AlertSource {
  readonly name: string;
  /** The labels the source adds to an alert that has `labels`, where it lacks them. */
  labelsFor(labels: Labels): Labels;
}

/**
 * The alerts of a message, firing and resolved. A time that is absent or cannot be read is `receivedAt` (start) or none
 * (end); an absent fingerprint is computed from the sender's own labels, before any are added.
 */
export function readAlerts(message: WebhookMessage, source: AlertSource, receivedAt: number): Alert[] {
  return message.alerts.map((alert) => readAlert(alert, source, receivedAt));
}

function readAlert(alert: WebhookAlert, source: AlertSource, receivedAt: number): Alert {
  const status = alert.status ?? 'firing';
  const endsAt = parseTimestamp(alert.endsAt ?? '');
  return {
    source: source.name,
    fingerprint: alert.fingerprint ? alert.fingerprint : fingerprint(alert.labels),
    status,
    labels: withAdded(alert.labels, source.labelsFor(alert.labels)),
    annotations: alert.annotations ?? {},
    startsAt: parseTimestamp(alert.startsAt ?? '') ?? receivedAt,
    ...(endsAt === undefined ? {} : { endsAt }),
  };
}

/** A label with an empty value counts as lacking. */
function withAdded(labels: Labels, added: Labels): Labels {
  const lacking = Object.entries(added).filter(([name]) => !Object.hasOwn(labels, name) || labels[name] === '');
  return lacking.length === 0 ? labels : { ...labels, ...Object.fromEntries(lacking) };
}
