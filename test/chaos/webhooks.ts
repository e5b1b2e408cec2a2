import { setTimeout as delay } from 'node:timers/promises';
import { webhookBody } from '../e2e/api-client.ts';
import type { Episode } from './world.ts';

/** One webhook as it was sent; `answeredAt` and `notification` of the 202 it got in the end. */
export interface SentWebhook {
  readonly fingerprint: string;
  readonly status: 'firing' | 'resolved';
  /** What it says of the alert, ms; a firing one says no end. */
  readonly startsAt: number;
  readonly endsAt?: number;
  readonly sentAt: number;
  tries: number;
  answeredAt?: number;
  notification?: string;
}

/** Alertmanager tries again what was not answered 2xx. In ms. */
const pauseBetweenTries = 150;
const patience = 60_000;
const answerLimit = 1500;

/** Sends webhooks as an Alertmanager does, and keeps what was answered. */
export class Webhooks {
  readonly sent: SentWebhook[] = [];
  readonly #url: string;
  readonly #stopped = new AbortController();

  constructor(url: string) {
    this.#url = url;
  }

  async send(episode: Episode, status: 'firing' | 'resolved'): Promise<void> {
    const { fingerprint, labels, startsAt } = episode;
    const end = status === 'resolved' ? { endsAt: episode.endedAt ?? Date.now() } : {};
    const webhook: SentWebhook = { fingerprint, status, startsAt, ...end, sentAt: Date.now(), tries: 0 };
    this.sent.push(webhook);
    const times = { startsAt: stamp(startsAt), ...(end.endsAt === undefined ? {} : { endsAt: stamp(end.endsAt) }) };
    const body = JSON.stringify(webhookBody([{ labels, status, fingerprint, ...times }]));
    while (!this.#stopped.signal.aborted && Date.now() - webhook.sentAt < patience) {
      webhook.tries += 1;
      const notification = await this.#post(body);
      if (notification !== undefined) {
        webhook.answeredAt = Date.now();
        webhook.notification = notification;
        return;
      }
      await delay(pauseBetweenTries);
    }
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** The notification's id if it was taken. */
  async #post(body: string): Promise<string | undefined> {
    try {
      const headers = { 'content-type': 'application/json' };
      const signal = AbortSignal.timeout(answerLimit);
      const response = await fetch(`${this.#url}/api/v1/webhook/chaos`, { method: 'POST', headers, body, signal });
      const answer = (await response.json()) as { notification?: string };
      return response.status === 202 ? answer.notification : undefined;
    } catch {
      return undefined;
    }
  }
}

function stamp(ms: number): string {
  return new Date(ms).toISOString();
}
