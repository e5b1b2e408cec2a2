import { z } from 'zod';
import { FixpointError } from '../errors.ts';
import { nearest } from '../value/nearest.ts';
import { isPlainMessage } from './plain-message.ts';

const labels = z.record(z.string(), z.string());
const optionalText = z.string().nullish();

const WebhookAlert = z.looseObject({
  status: z.enum(['firing', 'resolved']).nullish(),
  labels: labels.refine((given) => Object.keys(given).length > 0, { error: 'has no labels; an alert needs at least one' }),
  annotations: labels.nullish(),
  startsAt: optionalText,
  endsAt: optionalText,
  generatorURL: optionalText,
  fingerprint: optionalText,
});

/**
 * The body of an Alertmanager webhook, payload version 4 (Alertmanager 0.25 to 0.34). Unknown fields are let through,
 * absent optional ones stay absent.
 */
export const WebhookMessage = z.looseObject({
  version: z.literal('4').nullish(),
  receiver: optionalText,
  status: optionalText,
  groupKey: optionalText,
  truncatedAlerts: z.number().nullish(),
  groupLabels: labels.nullish(),
  commonLabels: labels.nullish(),
  commonAnnotations: labels.nullish(),
  externalURL: optionalText,
  alerts: z.array(WebhookAlert),
});

export type WebhookMessage = z.infer<typeof WebhookMessage>;
export type WebhookAlert = z.infer<typeof WebhookAlert>;

const shownProblems = 5;

/** Throws `webhook.malformed`, which says where the body is wrong, what was given and what would be right. */
export function parseWebhookMessage(body: unknown): WebhookMessage {
  // Acknowledging waits for this: an ordinary body is looked through once and not copied. Zod explains the others.
  if (isPlainMessage(body)) return body;
  const hint = hintFor(body);
  if (hint !== undefined) throw new FixpointError('webhook.malformed', hint);
  const parsed = WebhookMessage.safeParse(body, { reportInput: true });
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.slice(0, shownProblems).map(describe);
  const more = parsed.error.issues.length - lines.length;
  throw new FixpointError('webhook.malformed', lines.join('; ') + (more > 0 ? `; and ${more} more` : ''));
}

function hintFor(body: unknown): string | undefined {
  if (Array.isArray(body)) {
    return 'the body is an array, as alerts are sent to Alertmanager itself (API v2); a webhook sends an object with the array in "alerts"';
  }
  if (typeof body !== 'object' || body === null) {
    return `the body is ${shown(body)}; a webhook sends an object with an array of alerts in "alerts"`;
  }
  if (Object.hasOwn(body, 'alerts')) return undefined;
  const similar = nearest('alerts', Object.keys(body).slice(0, 50));
  return (
    'the body has no "alerts"' +
    (similar === undefined ? '' : ` (it has ${shown(similar)})`) +
    '; if the receiver sets a custom `payload` (Alertmanager 0.32 and later), remove it there: Fixpoint needs the default body'
  );
}

function describe(issue: z.core.$ZodIssue): string {
  const place = issue.path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? String(key) : `.${String(key)}`))
    .join('');
  if (issue.code === 'custom') return `${place} ${issue.message}`;
  if (place === 'version') return `version is ${shown(issue.input)}; only payload version "4" is understood`;
  const expected =
    issue.code === 'invalid_value'
      ? issue.values.map((value) => JSON.stringify(value)).join(' or ')
      : issue.code === 'invalid_type'
        ? withArticle(issue.expected)
        : issue.message;
  return `${place === '' ? 'the body' : place} is ${shown(issue.input)}; expected ${expected}`;
}

function withArticle(type: string): string {
  if (type === 'record' || type === 'object') return 'an object';
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'object') return Array.isArray(value) ? 'an array' : 'an object';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
