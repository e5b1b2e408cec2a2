import { setTimeout as delay } from 'node:timers/promises';
import { webhookBody } from '../e2e/api-client.ts';
import type { Episode } from './world.ts';

/** One webhook as it was sent; `answeredAt` and `notification` of the 202 it got in the end. */
export interface SentWebhook {
  readonly fingerprint: string;
  readonly status: 'firing' | 'resolved';
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
    const webhook: SentWebhook = { fingerprint: episode.fingerprint, status, sentAt: Date.now(), tries: 0 };
    this.sent.push(webhook);
    const ends = status === 'resolved' ? { endsAt: new Date(episode.endedAt ?? Date.now()).toISOString() } : {};
    const startsAt = new Date(episode.startsAt).toISOString();
    const body = JSON.stringify(webhookBody([{ labels: episode.labels, status, fingerprint: episode.fingerprint, startsAt, ...ends }]));
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
