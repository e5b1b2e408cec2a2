import { waitUntil } from '../../support/wait-until.ts';

interface ApiAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly status: { readonly state: string; readonly silencedBy: readonly string[] };
}

interface ApiSilence {
  readonly id: string;
  readonly createdBy: string;
  readonly comment: string;
  readonly status: { readonly state: string };
  readonly startsAt: string;
  readonly endsAt: string;
  readonly matchers: readonly object[];
}

/** A real Alertmanager as a person with curl sees it. */
export class AlertmanagerApi {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** Those that fire, by a label's value. */
  async alerts(alertname: string): Promise<readonly ApiAlert[]> {
    const all = (await this.#get('/api/v2/alerts')) as readonly ApiAlert[];
    return all.filter(({ labels }) => labels['alertname'] === alertname);
  }

  async silences(state = 'active'): Promise<readonly ApiSilence[]> {
    const all = (await this.#get('/api/v2/silences')) as readonly ApiSilence[];
    return all.filter(({ status }) => status.state === state);
  }

  async fire(labels: Readonly<Record<string, string>>): Promise<void> {
    await this.post('/api/v2/alerts', [{ labels, annotations: {} }]);
    await waitUntil(async () => (await this.alerts(labels['alertname'] ?? '')).length > 0, { describe: 'the alert to be there' });
  }

  async post(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(`${this.#url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  async #get(path: string): Promise<unknown> {
    const response = await fetch(`${this.#url}${path}`);
    if (!response.ok) throw new Error(`GET ${path}: ${response.status}`);
    return await response.json();
  }
}
