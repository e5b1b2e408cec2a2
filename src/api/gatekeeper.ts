import type { FastifyRequest } from 'fastify';
import { FixpointError } from '../errors.ts';
import { CredentialList, isAllowed, presentedDigest, type AccessToken, type Role } from './access.ts';
import type { ApiDependencies } from './dependencies.ts';
import { assertLocal } from './local-request.ts';

type Headers = FastifyRequest['headers'];

/** Who asks, and what they may do. */
export interface Person {
  readonly by: string;
  readonly as: Role;
}

/**
 * Decides who may do what. On loopback without configured tokens the API is open to whoever is on this machine; everywhere
 * else it needs a token with the role, and a source's webhook that source's credential or a token.
 */
export class Gatekeeper {
  readonly #isOpen: boolean;
  readonly #allowedHosts: readonly string[];
  readonly #tokens: CredentialList<AccessToken>;
  readonly #sources: CredentialList<string>;
  readonly #closedSources: ReadonlySet<string>;

  constructor({ isLoopback, allowedHosts, access, sources }: Pick<ApiDependencies, 'isLoopback' | 'allowedHosts' | 'access' | 'sources'>) {
    this.#allowedHosts = (allowedHosts ?? []).map((host) => host.toLowerCase());
    this.#tokens = new CredentialList(access.tokens.map((token) => ({ owner: token, credential: { kind: 'bearer', token: token.token } })));
    this.#sources = new CredentialList(
      sources.flatMap(({ name, credentials }) => credentials.map((credential) => ({ owner: name, credential }))),
    );
    this.#closedSources = new Set(sources.filter(({ credentials }) => credentials.length > 0).map(({ name }) => name));
    this.#isOpen = isLoopback && this.#tokens.isEmpty;
    if (!isLoopback && this.#tokens.isEmpty && this.#sources.isEmpty) {
      throw new FixpointError(
        'config.invalid',
        'the service is to listen beyond this machine, but neither access tokens nor credentials of sources are configured; configure some, or listen on 127.0.0.1',
      );
    }
  }

  /** Who asks; throws `auth.*` or `request.cross-site`. */
  admit(headers: Headers, needed: Role): Person {
    if (this.#isOpen) {
      assertLocal(headers, this.#allowedHosts);
      return { by: localUser(headers['x-fixpoint-user']), as: 'admin' };
    }
    const token = this.#tokens.find(presentedDigest(headers.authorization));
    if (token === undefined) throw refusal(headers);
    if (!isAllowed(token.role, needed)) {
      throw new FixpointError('auth.forbidden', `the token ${token.name} has the role ${token.role}; this needs ${needed}`);
    }
    return { by: token.name, as: token.role };
  }

  /**
   * The source a message is of: the named one, or on the plain path the one whose credential it carries; undefined where
   * only its content can tell. Throws as `admit` does, and what `known` throws for a name it does not know.
   */
  admitSource(headers: Headers, name: string | undefined, known: (name: string) => string | undefined): string | undefined {
    const digest = presentedDigest(headers.authorization);
    const owner = this.#sources.find(digest);
    if (owner !== undefined && (name === undefined || name === owner)) return owner;
    if (this.#tokens.find(digest) !== undefined) return name === undefined ? undefined : known(name);
    if (!this.#isOpen) throw refusal(headers);
    assertLocal(headers, this.#allowedHosts);
    const needsCredential = name === undefined ? this.#closedSources.size > 0 : this.#closedSources.has(name);
    if (needsCredential) throw refusal(headers);
    return name === undefined ? undefined : known(name);
  }
}

function refusal({ authorization }: Headers): FixpointError {
  return authorization === undefined
    ? new FixpointError('auth.missing', 'send a credential in the Authorization header')
    : new FixpointError('auth.invalid', 'the credential in the Authorization header is not one of the configured ones');
}

function localUser(given: string | string[] | undefined): string {
  if (given === undefined) return 'local';
  if (typeof given === 'string' && /^[^\p{C}]{1,64}$/u.test(given)) return `local:${given}`;
  throw new FixpointError('request.malformed', 'X-Fixpoint-User has to be 1 to 64 printable characters');
}
