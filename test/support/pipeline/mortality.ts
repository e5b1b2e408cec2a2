/** Members that answer at once, without leaving the process. */
const local = new Set(['kindOf', 'placeOf', 'sources', 'targetOf', 'consume']);

/** How a worker's process fails at one of its calls: killed before or after the call was done, frozen until `thaw`, or not at all. */
export type Failure = 'killed-before' | 'killed-after' | 'frozen' | 'none';

/** Counts every call a worker makes to the outside, and stops the worker at a chosen one; from then on nothing it calls answers. */
export class Mortality {
  calls = 0;
  onStop: () => void = () => {};
  /** What happens elsewhere right before the chosen call. */
  meanwhile: () => Promise<unknown> = () => Promise.resolve();
  isStopped = false;
  readonly #at: number;
  readonly #failure: Failure;
  readonly #gate: Promise<void>;
  #open: () => void = () => {};

  constructor(at = Number.POSITIVE_INFINITY, failure: Failure = 'killed-before') {
    this.#at = at;
    this.#failure = failure;
    this.#gate = new Promise((resolve) => (this.#open = resolve));
  }

  /** Lets a frozen worker go on; a killed one stays dead. */
  thaw(): void {
    if (this.#failure !== 'frozen') return;
    this.isStopped = false;
    this.#open();
  }

  /** The same port, as the mortal worker has it. */
  bind<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== 'function') return member;
        const call = (given: unknown[]): unknown => Reflect.apply(member, target, given);
        if (local.has(String(key))) return (...given: unknown[]) => call(given);
        return (...given: unknown[]) => this.#pass(() => call(given));
      },
    });
  }

  async #pass(call: () => unknown): Promise<unknown> {
    this.calls += 1;
    const isChosen = this.calls === this.#at;
    if (isChosen) await this.meanwhile();
    if (isChosen && this.#failure !== 'none') {
      this.isStopped = true;
      this.onStop();
      if (this.#failure === 'killed-after') await call();
    }
    if (this.isStopped) await this.#stopped();
    return await call();
  }

  async #stopped(): Promise<void> {
    if (this.#failure === 'frozen') await this.#gate;
    else await new Promise<never>(() => {});
  }
}
