import type { SandboxClock, Timer } from '../clock.ts';
import type { KnownAlert } from '../patients/patient.ts';
import type { PostedAlert } from './posted-alert.ts';

/** How long a patient has to be well before its alert is over; the sandbox's time, as the waits below. */
const wellForMs = 5000;
const firstRetryMs = 5000;
const longestRetryMs = 300_000;

interface Active {
  readonly alert: PostedAlert;
  readonly known: KnownAlert | undefined;
  wellSince: number | undefined;
}

interface HandAlertsOptions {
  readonly clock: SandboxClock;
  /** Undefined where the patient does not know such an alert, which then stays active. */
  readonly find: (alert: PostedAlert) => KnownAlert | undefined;
  /** Tells the product that the alert is over; what rejects is tried again. */
  readonly resolved: (alert: PostedAlert) => Promise<void>;
}

/** The alerts posted by hand: each makes its patient ill, and is over when the patient has recovered. */
export class HandAlerts {
  readonly #options: HandAlertsOptions;
  readonly #active = new Map<string, Active>();
  /** Resolved alerts that still have to be told; the token changes when the alert fires again. */
  readonly #telling = new Map<string, { timer: Timer | undefined }>();

  constructor(options: HandAlertsOptions) {
    this.#options = options;
  }

  /** Repeating an active alert changes nothing but its annotations. */
  post(alert: PostedAlert): void {
    const key = keyOf(alert);
    this.#stopTelling(key);
    const active = this.#active.get(key);
    if (active !== undefined) {
      this.#active.set(key, { ...active, alert: { ...alert, startsAt: active.alert.startsAt } });
      return;
    }
    const known = this.#options.find(alert);
    this.#active.set(key, { alert, known, wellSince: undefined });
    if (known?.isUnwell() === false) known.fallIll();
  }

  active(): readonly PostedAlert[] {
    return [...this.#active.values()].map(({ alert }) => alert);
  }

  /** Whether time alone changes nothing: no patient is well and waits for the end of its alert. */
  isSettled(): boolean {
    return [...this.#active.values()].every(({ wellSince }) => wellSince === undefined);
  }

  /** Ends the alerts whose patient has been well for long enough. */
  step(): void {
    const now = this.#options.clock.now();
    for (const [key, entry] of this.#active) {
      if (entry.known === undefined) continue;
      entry.wellSince = entry.known.isUnwell() ? undefined : (entry.wellSince ?? now);
      if (entry.wellSince === undefined || now - entry.wellSince < wellForMs) continue;
      this.#active.delete(key);
      this.#tell(key, entry.alert);
    }
  }

  close(): void {
    this.#active.clear();
    for (const key of this.#telling.keys()) this.#stopTelling(key);
  }

  #tell(key: string, alert: PostedAlert): void {
    const token: { timer: Timer | undefined } = { timer: undefined };
    this.#telling.set(key, token);
    const attempt = (retryMs: number): void => {
      this.#options.resolved(alert).then(
        () => {
          if (this.#telling.get(key) === token) this.#telling.delete(key);
        },
        () => {
          if (this.#telling.get(key) !== token) return;
          token.timer = this.#options.clock.schedule(retryMs, () => attempt(Math.min(retryMs * 2, longestRetryMs)));
        },
      );
    };
    attempt(firstRetryMs);
  }

  #stopTelling(key: string): void {
    this.#telling.get(key)?.timer?.cancel();
    this.#telling.delete(key);
  }
}

function keyOf({ platform, fingerprint }: PostedAlert): string {
  return `${platform}/${fingerprint}`;
}
