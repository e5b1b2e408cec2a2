import { ApiClient, type RunView } from '../e2e/api-client.ts';

/** Looks so often, ms. */
const pause = 400;

/** A person at the API: approves what waits for a yes, and acknowledges what was interrupted. */
export class Person {
  readonly acknowledged = new Map<string, number>();
  readonly #api: ApiClient;
  readonly #timer: NodeJS.Timeout;
  #current: Promise<void> | undefined;

  constructor(url: string) {
    this.#api = new ApiClient(url);
    this.#timer = setInterval(() => {
      this.#current ??= this.#look()
        // The API may have been killed: the next look will do.
        .catch(() => undefined)
        .finally(() => (this.#current = undefined));
    }, pause);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#current;
  }

  async #look(): Promise<void> {
    for (const run of await this.#listed('awaiting-approval')) {
      await this.#api.post(`/api/v1/runs/${run.id}/approve`, { reason: 'chaos' });
    }
    for (const run of await this.#listed('interrupted')) {
      if (this.acknowledged.has(run.id)) continue;
      // From before the request: it may be carried out and its answer lost.
      const at = Date.now();
      const { status } = await this.#api.post(`/api/v1/runs/${run.id}/acknowledge`, { reason: 'chaos' });
      if (status === 202) this.acknowledged.set(run.id, at);
    }
  }

  async #listed(phase: string): Promise<readonly RunView[]> {
    return await this.#api.runs(`?phase=${phase}&limit=50`);
  }
}
