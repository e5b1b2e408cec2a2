import { FixpointError, messageOf } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Pager } from '../../ports/pager.ts';
import type { OutboxMessage } from '../../ports/store.ts';
import type { JsonApi } from '../http/json-api.ts';

/** Where a call to a person can go. A webhook's whole address is `api`'s base. */
export type PagerChannel =
  | { readonly kind: 'alertmanager'; readonly api: JsonApi }
  | { readonly kind: 'webhook'; readonly api: JsonApi; readonly format: 'slack' | 'json' };

const longestText = 4000;

/** How long Alertmanager keeps a call firing, ms: without an end it would resolve it after its `resolve_timeout`, 5 minutes. */
const callLasts = 86_400_000;

/** Tries the channels in order until one has taken the message. */
export function createPager(channels: readonly PagerChannel[], clock: Pick<Clock, 'now'>): Pager {
  return {
    async deliver(message, signal) {
      const failures: string[] = [];
      for (const channel of channels) {
        try {
          return await deliverTo({ channel, message, now: clock.now() }, signal);
        } catch (error) {
          signal.throwIfAborted();
          failures.push(`${channel.kind}: ${messageOf(error)}`);
        }
      }
      throw new FixpointError(
        'alertmanager.unavailable',
        channels.length === 0 ? 'no escalation channel is configured' : failures.join('; '),
      );
    },
  };
}

interface Delivery {
  readonly channel: PagerChannel;
  readonly message: OutboxMessage;
  readonly now: number;
}

async function deliverTo({ channel, message, now }: Delivery, signal: AbortSignal): Promise<void> {
  const path = channel.kind === 'alertmanager' ? '/api/v2/alerts' : '';
  const json =
    channel.kind === 'alertmanager' ? [alertFor(message, now)] : channel.format === 'slack' ? { text: slackText(message) } : message;
  const { status } = await channel.api.send({ method: 'POST', path, json, signal, code: 'alertmanager.unavailable' });
  if (status < 200 || status > 299) throw new FixpointError('alertmanager.unavailable', `HTTP ${status}`);
}

/** Slack's three reserved characters are escaped, so that no alert can mention a channel or disguise a link; texts are cut well under its limit. */
function slackText({ title, text }: OutboxMessage): string {
  const plain = (part: string) => part.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `*${plain(title.slice(0, 500))}*\n${plain(text.slice(0, longestText))}`;
}

/** The alert that the user's own routing brings to a person; its mark lets us drop it when it comes back to us. */
function alertFor({ incident, run, severity, title, text, labels }: OutboxMessage, now: number): object {
  return {
    endsAt: new Date(now + callLasts).toISOString(),
    labels: { ...labels, alertname: 'FixpointEscalation', fixpoint_escalation: 'true', severity, incident },
    annotations: { summary: title, description: text.slice(0, longestText), run },
  };
}
