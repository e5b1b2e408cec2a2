import { FixpointError, messageOf } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Pager } from '../../ports/pager.ts';
import type { OutboxMessage } from '../../ports/store.ts';
import type { JsonApi } from '../http/json-api.ts';

/** Where a call to a person can go. A webhook's whole address is `api`'s base. */
export type PagerChannel =
  | { readonly kind: 'alertmanager'; readonly api: JsonApi }
  | { readonly kind: 'webhook'; readonly api: JsonApi; readonly format: 'slack' | 'json' };

/** How long an alert that we raise stays, ms: without an end Alertmanager would resolve it after five minutes, and its pager with it. */
const lasts = 24 * 3_600_000;

const longestText = 4000;

/** Tries the channels in order until one has taken the message. */
export function createPager(channels: readonly PagerChannel[], clock: Pick<Clock, 'now'> = { now: () => Date.now() }): Pager {
  return {
    async deliver(message, signal) {
      const failures: string[] = [];
      for (const channel of channels) {
        try {
          return await deliverTo(channel, { message, now: clock.now(), signal });
        } catch (error) {
          signal.throwIfAborted();
          failures.push(`${channel.kind}: ${messageOf(error)}`);
        }
      }
      throw new FixpointError('alertmanager.unavailable', channels.length === 0 ? 'no escalation channel is configured' : failures.join('; '));
    },
  };
}

async function deliverTo(channel: PagerChannel, { message, now, signal }: { message: OutboxMessage; now: number; signal: AbortSignal }): Promise<void> {
  const path = channel.kind === 'alertmanager' ? '/api/v2/alerts' : '';
  const json = channel.kind === 'alertmanager' ? [alertFor(message, now)] : channel.format === 'slack' ? slackFor(message) : message;
  const { status } = await channel.api.send({ method: 'POST', path, json, signal, code: 'alertmanager.unavailable' });
  if (status < 200 || status > 299) throw new FixpointError('alertmanager.unavailable', `HTTP ${status}`);
}

/** The alert that the user's own routing brings to a person; its mark lets us drop it when it comes back to us. */
function alertFor({ incident, run, severity, title, text, labels }: OutboxMessage, now: number): object {
  const all = { ...labels, alertname: 'FixpointEscalation', fixpoint_escalation: 'true', severity, incident };
  return {
    // Alertmanager refuses labels without text.
    labels: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '').map(([name, value]) => [name, value.toWellFormed()])),
    annotations: { summary: title.toWellFormed(), description: text.slice(0, longestText).toWellFormed(), run },
    startsAt: new Date(now).toISOString(),
    endsAt: new Date(now + lasts).toISOString(),
  };
}

/** Texts of alerts come from outside: nothing in them may address a channel or pose as a link. */
function slackFor({ title, text }: OutboxMessage): object {
  const plain = (part: string) => part.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return { text: `*${plain(title)}*\n${plain(text.slice(0, longestText))}` };
}
