import { setTimeout as delay } from 'node:timers/promises';

/** One entry of the journal as the API's event stream shows it; `at` in ms since the epoch. */
export interface JournalView {
  readonly id: string;
  readonly at: number;
  readonly type: string;
  readonly run?: string;
  readonly incident?: string;
  readonly rule?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const pauseBetweenTries = 100;

/** Follows the journal through the API, from its begin, over every break. */
export class JournalReader {
  readonly entries: JournalView[] = [];
  readonly #url: string;
  readonly #stopped = new AbortController();
  readonly #done: Promise<void>;

  constructor(url: string) {
    this.#url = url;
    this.#done = this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#done;
  }

  async #follow(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      try {
        await this.#read();
      } catch {
        // The API was killed, or Redis: the stream goes on where it ended.
      }
      await delay(pauseBetweenTries);
    }
  }

  async #read(): Promise<void> {
    const last = this.entries.at(-1)?.id ?? '0';
    const response = await fetch(`${this.#url}/api/v1/events`, { headers: { 'last-event-id': last }, signal: this.#stopped.signal });
    if (!response.ok || response.body === null) return;
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        this.#take(text.slice(0, end));
        text = text.slice(end + 2);
      }
    }
  }

  #take(event: string): void {
    const id = /^id: (.*)$/m.exec(event)?.[1];
    const data = /^data: (.*)$/m.exec(event)?.[1];
    if (id === undefined || data === undefined) return;
    const record = JSON.parse(data) as Omit<JournalView, 'at'> & { at: string };
    this.entries.push({ ...record, id, at: Date.parse(record.at) });
  }
}
