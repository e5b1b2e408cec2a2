import { FixpointError } from '../../errors.ts';
import type { Channel } from '../../ports/channel.ts';
import type { OutboxMessage } from '../../ports/people-store.ts';
import type { Json } from '../../value/json.ts';
import type { JsonApi } from '../http/json-api.ts';

export interface WebhookChannelOptions {
  readonly name: string;
  /** Its base is the whole address. */
  readonly api: Pick<JsonApi, 'send'>;
  /** A text is sent as it is, anything else as JSON. */
  body(message: OutboxMessage): Json;
  /** May throw `secret.unavailable`. */
  headers(): Readonly<Record<string, string>>;
}

/** An HTTP endpoint that takes messages by POST. It may get one twice, with the same Idempotency-Key. */
export function webhookChannel({ name, api, body, headers }: WebhookChannelOptions): Channel {
  return {
    name,
    isKept: false,
    async send({ message, startsAt }, signal) {
      const content = body(message);
      const { status } = await api.send({
        method: 'POST',
        path: '',
        ...(typeof content === 'string' ? { text: content } : { json: content }),
        headers: { 'idempotency-key': keyOf(message, startsAt), ...headers() },
        signal,
        code: 'channel.unavailable',
      });
      if (status < 200 || status > 299) throw new FixpointError('channel.unavailable', `HTTP ${status}`);
    },
  };
}

/** The same for one message however often it is sent, and another for a call that is raised again. A header takes printable ASCII only. */
function keyOf({ kind, key, level }: OutboxMessage, startsAt: number): string {
  const isCall = kind === 'call' || kind === 'handled';
  return encodeURIComponent(`${kind}/${key}${isCall ? `/${startsAt}` : ''}${level === undefined ? '' : `/${level}`}`);
}
