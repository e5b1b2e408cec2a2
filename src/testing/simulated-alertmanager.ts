import { fingerprint } from '../alert/fingerprint.ts';
import { jsonAnswer, readJson } from '../sandbox/answer.ts';
import type { SandboxRequest, SandboxResponse } from '../sandbox/listen.ts';
import { matchesLabels } from '../sandbox/query/present-series.ts';
import { parseFilter, SelectorError } from '../sandbox/query/selector.ts';
import type { AlertText } from './world-schema.ts';

/** The receiver that posts to Fixpoint. */
export const receiver = 'fixpoint';

/** An alert of the test as its source has it. */
export interface SourceAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly source: string | undefined;
  readonly repeat: string | undefined;
  readonly fingerprint: string;
  startsAt: number | undefined;
  /** Absent while it fires, and before it ever did. */
  endsAt: number | undefined;
}

interface Silence {
  readonly id: string;
  readonly matchers: readonly { readonly name: string; readonly value: string }[];
  readonly startsAt: string;
  endsAt: string;
  readonly createdBy: string;
  readonly comment: string;
}

/** An alert that was posted: a call or a notice of ours. */
export interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly endsAt: string;
}

/** One Alertmanager, and the Prometheus behind it: what fires, what is silenced, what is posted to it. */
export class SimulatedAlertmanager {
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #alerts = new Map<string, readonly SourceAlert[]>();
  readonly #silences: Silence[] = [];
  readonly posted: PostedAlert[] = [];

  constructor(now: () => number) {
    this.#now = now;
    this.#startedAt = now() - 86_400_000;
  }

  declare(name: string, { labels, annotations = {}, source, repeat, count }: AlertText): void {
    const numbers = count === undefined ? [''] : Array.from({ length: count }, (_, index) => String(index + 1));
    this.#alerts.set(
      name,
      numbers.map((number): SourceAlert => {
        const own = numbered(labels, number);
        return {
          labels: own,
          annotations: numbered(annotations, number),
          source,
          repeat,
          fingerprint: fingerprint(own),
          startsAt: undefined,
          endsAt: undefined,
        };
      }),
    );
  }

  /** One, or as many as the test says there are of it. */
  alerts(name: string): readonly SourceAlert[] {
    const found = this.#alerts.get(name);
    if (found === undefined) throw new RangeError(`there is no alert ${name}`);
    return found;
  }

  fire(name: string): void {
    for (const alert of this.alerts(name)) if (!isFiring(alert)) Object.assign(alert, { startsAt: this.#now(), endsAt: undefined });
  }

  resolve(name: string): void {
    for (const alert of this.alerts(name)) if (isFiring(alert)) alert.endsAt = this.#now();
  }

  fires(name: string): boolean {
    return this.#alerts.get(name)?.some(isFiring) === true;
  }

  get isQuiet(): boolean {
    return this.#firing().length === 0;
  }

  /** A silence by a person, of exactly this alert. */
  silence(name: string): void {
    for (const { labels } of this.alerts(name)) {
      const matchers = Object.entries(labels).map(([label, value]) => ({ name: label, value }));
      this.#add({ matchers, startsAt: this.#iso(), endsAt: this.#iso(365 * 86_400_000), createdBy: 'somebody', comment: name });
    }
  }

  unsilence(name: string): void {
    for (const silence of this.#silences) if (silence.createdBy === 'somebody' && silence.comment === name) silence.endsAt = this.#iso();
  }

  /** As Prometheus's own API shows what fires. */
  ruleAlerts(): readonly object[] {
    return this.#firing().map(({ labels, annotations, startsAt }) => ({
      labels,
      annotations,
      state: 'firing',
      activeAt: new Date(startsAt ?? 0).toISOString(),
      value: '1e+00',
    }));
  }

  answer(request: SandboxRequest): SandboxResponse {
    const silence = /^\/api\/v2\/silence\/([^/]+)$/.exec(request.path)?.[1];
    if (silence !== undefined) return this.#oneSilence(request.method, decodeURIComponent(silence));
    switch (`${request.method} ${request.path}`) {
      case 'GET /api/v2/alerts':
        return this.#list(request.query);
      case 'POST /api/v2/alerts':
        this.posted.push(...(readJson(request.body) as readonly PostedAlert[]));
        return jsonAnswer(200, {});
      case 'GET /api/v2/alerts/groups':
        return jsonAnswer(200, []);
      case 'GET /api/v2/status':
        return jsonAnswer(200, { uptime: new Date(this.#startedAt).toISOString() });
      case 'GET /api/v2/silences':
        return jsonAnswer(
          200,
          this.#silences.map((one) => this.#shownSilence(one)),
        );
      case 'POST /api/v2/silences':
        return this.#putSilence(readJson(request.body) as Omit<Silence, 'id'> & { readonly id?: string });
      default:
        return jsonAnswer(404, `${request.method} ${request.path} is not answered here`);
    }
  }

  #firing(): readonly SourceAlert[] {
    return [...this.#alerts.values()].flat().filter(isFiring);
  }

  #list(query: URLSearchParams): SandboxResponse {
    try {
      const matchers = query.getAll('filter').flatMap((text) => parseFilter(text));
      return jsonAnswer(
        200,
        this.#firing()
          .filter(({ labels }) => matchesLabels(labels, matchers))
          .map((alert) => this.#gettable(alert)),
      );
    } catch (error) {
      if (error instanceof SelectorError) return jsonAnswer(400, error.message);
      throw error;
    }
  }

  #gettable({ labels, annotations, fingerprint: print, startsAt }: SourceAlert): object {
    const silencedBy = this.#silences.filter((one) => this.#isActive(one) && covers(one, labels)).map(({ id }) => id);
    return {
      labels,
      annotations,
      fingerprint: print,
      startsAt: new Date(startsAt ?? 0).toISOString(),
      updatedAt: this.#iso(),
      endsAt: this.#iso(300_000),
      generatorURL: '',
      receivers: [{ name: receiver }],
      status: { state: silencedBy.length > 0 ? 'suppressed' : 'active', silencedBy, inhibitedBy: [], mutedBy: [] },
    };
  }

  #putSilence({ id, ...given }: Omit<Silence, 'id'> & { readonly id?: string }): SandboxResponse {
    const known = this.#silences.find((one) => one.id === id);
    if (id !== undefined && known === undefined) return jsonAnswer(404, 'silence not found');
    if (known !== undefined) known.endsAt = given.endsAt;
    return jsonAnswer(200, { silenceID: known?.id ?? this.#add(given).id });
  }

  #oneSilence(method: string, id: string): SandboxResponse {
    const known = this.#silences.find((one) => one.id === id);
    if (known === undefined) return jsonAnswer(404, 'silence not found');
    if (method === 'DELETE') known.endsAt = this.#iso();
    return method === 'DELETE' ? jsonAnswer(200, {}) : jsonAnswer(200, this.#shownSilence(known));
  }

  #add(given: Omit<Silence, 'id'>): Silence {
    const silence = { id: `silence-${this.#silences.length + 1}`, ...given };
    this.#silences.push(silence);
    return silence;
  }

  #shownSilence(silence: Silence): object {
    const matchers = silence.matchers.map((matcher) => ({ isRegex: false, isEqual: true, ...matcher }));
    return { ...silence, matchers, updatedAt: silence.startsAt, status: { state: this.#isActive(silence) ? 'active' : 'expired' } };
  }

  #isActive({ startsAt, endsAt }: Silence): boolean {
    return Date.parse(startsAt) <= this.#now() && Date.parse(endsAt) > this.#now();
  }

  #iso(after = 0): string {
    return new Date(this.#now() + after).toISOString();
  }
}

function isFiring({ startsAt, endsAt }: SourceAlert): boolean {
  return startsAt !== undefined && endsAt === undefined;
}

function covers({ matchers }: Silence, labels: Readonly<Record<string, string>>): boolean {
  return matchers.every(({ name, value }) => (labels[name] ?? '') === value);
}

function numbered(labels: Readonly<Record<string, string>>, number: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, value.replaceAll('{n}', number)]));
}
