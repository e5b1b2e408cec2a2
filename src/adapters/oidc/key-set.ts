import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import type { OidcConfig } from '../../config/config.ts';
import { FixpointError, messageOf } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { issuerKeys } from './issuer-keys.ts';

/** How long keys are good for; an issuer that cannot be asked then vouches for nobody. */
const goodFor = 600_000;
/** At least between two questions for a key that is not among them, and after a question that failed, ms. */
const unknownEvery = 30_000;
const failedEvery = 5000;
/** How long the issuer may take to tell its keys, ms. */
const askTimeout = 5000;

type LocalKeys = ReturnType<typeof createLocalJWKSet>;

/** The keys that an issuer signs with, as it publishes them. */
export class KeySet {
  readonly #config: Pick<OidcConfig, 'issuer' | 'ca'>;
  readonly #clock: Pick<Clock, 'now'>;
  #known: { readonly keys: LocalKeys; readonly at: number } | undefined;
  #failed: { readonly error: FixpointError; readonly at: number } | undefined;
  #asking: Promise<LocalKeys> | undefined;

  constructor(config: Pick<OidcConfig, 'issuer' | 'ca'>, { clock }: { readonly clock: Pick<Clock, 'now'> }) {
    this.#config = config;
    this.#clock = clock;
  }

  /** The key that a token says it is signed with. Throws `auth.unavailable`, and jose's own errors. */
  readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    const isFresh = this.#known !== undefined && this.#age(this.#known.at) < goodFor;
    const keys = isFresh && this.#known !== undefined ? this.#known.keys : await this.#fetch();
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || this.#known === undefined || this.#age(this.#known.at) < unknownEvery)
        throw error;
      return await (
        await this.#fetch()
      )(header, token);
    }
  };

  #age(at: number): number {
    // A clock that was set back makes nothing younger.
    const age = this.#clock.now() - at;
    return age < 0 ? Infinity : age;
  }

  async #fetch(): Promise<LocalKeys> {
    if (this.#failed !== undefined && this.#age(this.#failed.at) < failedEvery) throw this.#failed.error;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return await this.#asking;
  }

  async #ask(): Promise<LocalKeys> {
    try {
      const keys = createLocalJWKSet(await issuerKeys(this.#config, AbortSignal.timeout(askTimeout)));
      this.#known = { keys, at: this.#clock.now() };
      this.#failed = undefined;
      return keys;
    } catch (error) {
      const details = { retryAfterSeconds: failedEvery / 1000 };
      const failure = new FixpointError('auth.unavailable', `issuer ${this.#config.issuer}: ${messageOf(error)}`, {
        details,
        cause: error,
      });
      this.#failed = { error: failure, at: this.#clock.now() };
      throw failure;
    }
  }
}
