import type * as JoseLibrary from 'jose';
import type { JWTPayload } from 'jose';
import { FixpointError } from '../../errors.ts';
import type { OidcConfig } from '../../config/config.ts';
import type { Authenticator, Identity } from '../../ports/authenticator.ts';
import type { Clock } from '../../ports/clock.ts';
import { identityOf } from './claims.ts';
import type { KeySet } from './key-set.ts';

type Jose = typeof JoseLibrary;

/** What is signed with a key that others can know proves nothing: only pairs of a private and a public key count. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
const longestToken = 16_384;

/** Takes the tokens that one OpenID Connect issuer signs. */
export class OidcIssuer implements Authenticator {
  readonly #config: OidcConfig;
  readonly #clock: Pick<Clock, 'now'>;
  #keys: KeySet | undefined;

  constructor(config: OidcConfig, { clock }: { readonly clock: Pick<Clock, 'now'> }) {
    this.#config = config;
    this.#clock = clock;
  }

  async identify(token: string): Promise<Identity | undefined> {
    if (token.length > longestToken || token.split('.').length !== 3) return undefined;
    // The library is loaded when the first token comes: not everybody has an issuer.
    const [jose, { KeySet }] = await Promise.all([import('jose'), import('./key-set.ts')]);
    const { issuer, audiences, leeway } = this.#config;
    if (claimedIssuer(jose, token) !== issuer) return undefined;
    const keys = (this.#keys ??= new KeySet(this.#config, { clock: this.#clock }));
    let payload: JWTPayload;
    try {
      ({ payload } = await jose.jwtVerify(token, keys.keyFor, {
        issuer,
        audience: [...audiences],
        algorithms,
        clockTolerance: leeway / 1000,
        currentDate: new Date(this.#clock.now()),
        requiredClaims: ['exp'],
      }));
    } catch (error) {
      throw refusal(jose, error);
    }
    return identityOf(payload, this.#config);
  }
}

/** Not believed: it only tells whose keys the token has to be checked with. */
function claimedIssuer(jose: Jose, token: string): string | undefined {
  try {
    return jose.decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

/** Says why, but nothing of what the token holds. */
function refusal({ errors }: Jose, error: unknown): unknown {
  if (error instanceof FixpointError) return error;
  if (error instanceof errors.JWTExpired) return invalid('it has expired');
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim } = error;
    if (claim === 'aud') return invalid('it is for another audience');
    return invalid(claim === 'nbf' ? 'it is not valid yet' : `its claim ${claim} is missing or wrong`);
  }
  if (error instanceof errors.JWKSNoMatchingKey) return invalid('its issuer has no such key');
  if (error instanceof errors.JOSEAlgNotAllowed) return invalid(`it is signed by another algorithm than ${algorithms.join(', ')}`);
  // A key of the issuer that is too weak is a TypeError of the library; all else is a signature that does not fit.
  return invalid('its signature cannot be verified');
}

function invalid(why: string): FixpointError {
  return new FixpointError('auth.invalid', `the token is not valid: ${why}`);
}
