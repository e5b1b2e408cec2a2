import type { WebhookMessage } from '../alert/webhook-message.ts';

/** One webhook message as it waits for intake. `receivedAt` is ms since the epoch, `bytes` the size of its body. */
export interface Notification {
  readonly id: string;
  readonly source: string;
  readonly receivedAt: number;
  readonly bytes: number;
  readonly message: WebhookMessage;
  /** Made from what the source itself lists as firing: no tombstone holds it back. */
  readonly isConfirmed?: boolean;
  /** Where its receipt stands in a trace, as a `traceparent`. */
  readonly trace?: string;
}
