import { FixpointError, messageOf } from '../../errors.ts';
import type { Pager } from '../../ports/pager.ts';
import type { OutboxMessage } from '../../ports/store.ts';
import type { JsonApi } from '../http/json-api.ts';

/** Where a call to a person can go. A webhook's whole address is `api`'s base. */
export type PagerChannel =
  | { readonly kind: 'alertmanager'; readonly api: JsonApi }
  | { readonly kind: 'webhook'; readonly api: JsonApi; readonly format: 'slack' | 'json' };

/** Tries the channels in order until one has taken the message. */
export function createPager(channels: readonly PagerChannel[]): Pager {
  return {
    async deliver(message, signal) {
      const failures: string[] = [];
      for (const channel of channels) {
        try {
          return await deliverTo(channel, message, signal);
        } catch (error) {
          signal.throwIfAborted();
          failures.push(`${channel.kind}: ${messageOf(error)}`);
        }
      }
      throw new FixpointError('alertmanager.unavailable', channels.length === 0 ? 'no escalation channel is configured' : failures.join('; '));
    },
  };
}

async function deliverTo(channel: PagerChannel, message: OutboxMessage, signal: AbortSignal): Promise<void> {
  const path = channel.kind === 'alertmanager' ? '/api/v2/alerts' : '';
  const json = channel.kind === 'alertmanager' ? [alertFor(message)] : channel.format === 'slack' ? { text: `*${message.title}*\n${message.text}` } : message;
  const { status } = await channel.api.send({ method: 'POST', path, json, signal, code: 'alertmanager.unavailable' });
  if (status < 200 || status > 299) throw new FixpointError('alertmanager.unavailable', `HTTP ${status}`);
}

/** The alert that the user's own routing brings to a person; its mark lets us drop it when it comes back to us. */
function alertFor({ incident, run, severity, title, text, labels }: OutboxMessage): object {
  return {
    labels: { alertname: 'FixpointEscalation', fixpoint_escalation: 'true', severity, incident, ...labels },
    annotations: { summary: title, description: text.slice(0, 4000), run },
  };
}
