import { createLocalJWKSet, errors, type JWTVerifyGetKey, type JSONWebKeySet } from 'jose';
import { FixpointError, messageOf } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { printable } from '../../value/printable.ts';
import { JsonApi } from '../http/json-api.ts';

/** How long keys are good for; an issuer that cannot be asked then vouches for nobody. */
const goodFor = 600_000;
/** At least between two questions for a key that is not among them, and after a question that failed, ms. */
const unknownEvery = 30_000;
const failedEvery = 5000;
/** How long the issuer may take to tell its keys, ms. */
const askTimeout = 5000;
const mostKeys = 100;
const mostRead = 1_048_576;

type LocalKeys = ReturnType<typeof createLocalJWKSet>;

/** The keys that an issuer signs with, as it publishes them. */
export class KeySet {
  readonly #issuer: string;
  readonly #ca: string | undefined;
  readonly #clock: Pick<Clock, 'now'>;
  #known: { readonly keys: LocalKeys; readonly at: number } | undefined;
  #failed: { readonly error: FixpointError; readonly at: number } | undefined;
  #asking: Promise<LocalKeys> | undefined;

  constructor(issuer: string, { ca, clock }: { readonly ca: string | undefined; readonly clock: Pick<Clock, 'now'> }) {
    this.#issuer = issuer;
    this.#ca = ca;
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
    const signal = AbortSignal.timeout(askTimeout);
    try {
      const discovered = await this.#read({ base: this.#issuer.replace(/\/$/, ''), path: '/.well-known/openid-configuration', signal });
      if (discovered['issuer'] !== this.#issuer) throw new Error(`it says that it is ${printable(discovered['issuer'])}`);
      const { jwks_uri: place } = discovered;
      if (typeof place !== 'string' || !this.#isSafe(place)) throw new Error(`its jwks_uri is ${printable(place)}; expected https`);
      const keys = createLocalJWKSet(keySetOf(await this.#read({ base: place, path: '', signal })));
      this.#known = { keys, at: this.#clock.now() };
      this.#failed = undefined;
      return keys;
    } catch (error) {
      const details = { retryAfterSeconds: failedEvery / 1000 };
      const failure = new FixpointError('auth.unavailable', `issuer ${this.#issuer}: ${messageOf(error)}`, { details });
      this.#failed = { error: failure, at: this.#clock.now() };
      throw failure;
    }
  }

  async #read({ base, path, signal }: { base: string; path: string; signal: AbortSignal }): Promise<Readonly<Record<string, unknown>>> {
    const api = new JsonApi(base, undefined, { mostRead, ...(this.#ca === undefined ? {} : { ca: this.#ca }) });
    const { status, body } = await api.send({ method: 'GET', path, signal, code: 'auth.unavailable' });
    if (status !== 200 || typeof body !== 'object' || body === null) throw new Error(`it answers ${status} at ${base}${path}`);
    return body as Readonly<Record<string, unknown>>;
  }

  /** Keys come as safely as the issuer itself is reached. */
  #isSafe(place: string): boolean {
    const protocol = URL.parse(place)?.protocol;
    return protocol === 'https:' || (protocol === 'http:' && this.#issuer.startsWith('http:'));
  }
}

/** Public keys only; what is no key is passed over. */
function keySetOf(body: Readonly<Record<string, unknown>>): JSONWebKeySet {
  const { keys } = body;
  if (!Array.isArray(keys)) throw new Error('its key set has no keys');
  const isPublic = (key: unknown) =>
    typeof key === 'object' && key !== null && 'kty' in key && ['RSA', 'EC', 'OKP'].includes(String(key.kty));
  return { keys: (keys as readonly unknown[]).filter(isPublic).slice(0, mostKeys) } as JSONWebKeySet;
}
