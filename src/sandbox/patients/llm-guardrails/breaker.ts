export type BreakerState = 'closed' | 'open' | 'half-open';

/** How long calls have to fail before the breaker opens, and to succeed before it tries again and before it closes. */
const opensAfterMs = 2000;
const triesAfterMs = 3000;
const closesAfterMs = 6000;

/** A circuit breaker in front of one model; times are the sandbox's. */
export class Breaker {
  #state: BreakerState = 'closed';
  #isModelWorking = true;
  #workingSince = 0;
  #changedAt = 0;
  #isStuck = false;

  get state(): BreakerState {
    return this.#state;
  }

  get changedAt(): number {
    return this.#changedAt;
  }

  get isStuck(): boolean {
    return this.#isStuck;
  }

  /** Open although the model behind it works, until somebody closes it. */
  stick(now: number): void {
    this.#isStuck = true;
    this.#become('open', now);
  }

  /** Closes it by hand. If the model behind it still fails, it opens again. */
  close(now: number): void {
    this.#isStuck = false;
    this.#workingSince = now;
    this.#become('closed', now);
  }

  /** What the calls to the model showed until now. */
  observe(isModelWorking: boolean, now: number): void {
    if (isModelWorking !== this.#isModelWorking) {
      this.#isModelWorking = isModelWorking;
      this.#workingSince = now;
    }
    if (this.#isStuck) return;
    const lasting = now - this.#workingSince;
    if (!isModelWorking && lasting >= opensAfterMs) this.#become('open', now);
    if (isModelWorking && this.#state === 'open' && lasting >= triesAfterMs) this.#become('half-open', now);
    if (isModelWorking && this.#state === 'half-open' && lasting >= closesAfterMs) this.#become('closed', now);
  }

  #become(state: BreakerState, now: number): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#changedAt = now;
  }
}
