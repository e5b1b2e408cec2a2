import { waitUntil } from '../support/wait-until.ts';

export interface RunView {
  readonly id: string;
  readonly kind: string;
  readonly incident: string;
  readonly rule: string;
  readonly subject: string;
  readonly mode: string;
  readonly phase: string;
  readonly reason: string;
  readonly attempt: number;
  readonly speed: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly finishedAt: string | null;
  readonly alert: { readonly labels: Readonly<Record<string, string>>; readonly fingerprint: string };
  readonly rungs: readonly {
    readonly remediation: string;
    readonly values: Readonly<Record<string, number | null>>;
    readonly steps: readonly {
      readonly id: string;
      readonly action: string;
      readonly target: string | null;
      readonly changes: readonly { what: string; from: unknown; to: unknown }[];
      readonly finishedAt: string | null;
    }[];
    readonly verdicts: readonly { check: string; verdict: string; reason: string }[];
  }[];
  readonly decisions: readonly { guard: string; decision: string; reason: string }[];
  readonly journal: readonly { type: string }[];
}

const ended = new Set(['succeeded', 'failed', 'denied', 'superseded', 'expired', 'cancelled', 'interrupted', 'planned', 'observed']);

export function hasEnded({ phase }: Pick<RunView, 'phase'>): boolean {
  return ended.has(phase);
}

/** A client of the service's API as a user's script would be. */
export class ApiClient {
  readonly #url: string;
  readonly #headers: Record<string, string>;

  constructor(url: string, token?: string) {
    this.#url = url;
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  async get<T>(path: string): Promise<T> {
    const response = await fetch(this.#url + path, { headers: this.#headers, signal: AbortSignal.timeout(5000) });
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async post(path: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
    const headers = { ...this.#headers, 'content-type': 'application/json' };
    const response = await fetch(this.#url + path, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(5000),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) };
  }

  async runs(query = ''): Promise<readonly RunView[]> {
    return (await this.get<{ runs: RunView[] }>(`/api/v1/runs${query}`)).runs;
  }

  async run(id: string): Promise<RunView> {
    return await this.get<RunView>(`/api/v1/runs/${id}`);
  }

  /** Waits for a run of the rule to end, and gives it in full. */
  async endOf(rule: string, timeoutMs: number): Promise<RunView> {
    let last = 'no run yet';
    const found = await waitUntil(
      async () => {
        const run = (await this.runs(`?rule=${rule}`)).find((candidate) => candidate.kind === 'remediation');
        if (run !== undefined) last = `${run.phase}: ${run.reason}`;
        return run !== undefined && hasEnded(run) ? run : undefined;
      },
      { timeoutMs, intervalMs: 200, describe: () => `a run of ${rule} to end; it is ${last}` },
    );
    return await this.run(found.id);
  }
}

/** A webhook body of Alertmanager with these alerts. */
export function webhookBody(
  alerts: readonly { labels: Record<string, string>; status?: string; startsAt?: string; endsAt?: string; fingerprint?: string }[],
): object {
  return {
    version: '4',
    receiver: 'fixpoint',
    status: 'firing',
    groupKey: '{}:{}',
    externalURL: 'http://alertmanager.example:9093',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    truncatedAlerts: 0,
    alerts: alerts.map((alert) => ({ status: 'firing', annotations: {}, generatorURL: '', ...alert })),
  };
}
