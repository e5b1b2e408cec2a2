import type { FastifyRequest } from 'fastify';
import { codeOf, FixpointError } from '../errors.ts';
import type { Authenticator, Identity } from '../ports/authenticator.ts';
import { isAllowed, type Role } from '../value/role.ts';
import type { Access, AccessToken } from './access.ts';
import { claimedIdentity } from './claimed-identity.ts';
import { certificateIdentity } from './client-certificate.ts';
import { CredentialList, readCredential, type Presented } from './credential.ts';
import type { ApiDependencies } from './dependencies.ts';
import { FailureLimit } from './failure-limit.ts';
import { assertLocal, assertOwnSite } from './local-request.ts';
import { assertSingle } from './single-headers.ts';

/** What is looked at of a request. */
type Asked = Pick<FastifyRequest, 'headers' | 'ip' | 'raw'>;

/** Who asks, and what they may do. */
export interface Person {
  readonly by: string;
  readonly as: Role;
  readonly within?: readonly string[];
}

/** How long others may take to tell whose a token is, ms. */
const identifyTimeout = 5000;

/**
 * Decides who may do what. On loopback without configured identities the API is open to whoever is on this machine; everywhere
 * else it needs a credential with the role, and a source's webhook that source's credential or one with a role.
 */
export class Gatekeeper {
  readonly #isOpen: boolean;
  readonly #allowedHosts: readonly string[];
  readonly #tokens: CredentialList<AccessToken>;
  readonly #sources: CredentialList<string>;
  readonly #closedSources: ReadonlySet<string>;
  readonly #authenticators: readonly Authenticator[];
  readonly #certificates: NonNullable<Access['certificates']>;
  readonly #failures: FailureLimit;
  readonly #dependencies: Pick<ApiDependencies, 'log' | 'metrics'>;

  constructor(dependencies: Pick<ApiDependencies, 'isLoopback' | 'allowedHosts' | 'access' | 'sources' | 'clock' | 'log' | 'metrics'>) {
    const { isLoopback, allowedHosts, access, sources, clock, log } = dependencies;
    const report = (error: FixpointError) =>
      log.warn({ reason: error.message }, 'a configured credential cannot be read, so it fits nobody');
    this.#dependencies = dependencies;
    this.#failures = new FailureLimit(clock);
    this.#allowedHosts = (allowedHosts ?? []).map((host) => host.toLowerCase());
    this.#authenticators = access.authenticators ?? [];
    this.#certificates = access.certificates ?? [];
    this.#tokens = new CredentialList(
      access.tokens.map((token) => ({
        owner: token,
        credential: token.sha256 === undefined ? { kind: 'bearer', token: token.token } : { kind: 'hashed', sha256: token.sha256 },
      })),
      report,
    );
    this.#sources = new CredentialList(
      sources.flatMap(({ name, credentials }) => credentials.map((credential) => ({ owner: name, credential }))),
      report,
    );
    this.#closedSources = new Set(sources.filter(({ credentials }) => credentials.length > 0).map(({ name }) => name));
    const knowsNobody = this.#tokens.isEmpty && this.#authenticators.length === 0 && this.#certificates.length === 0;
    this.#isOpen = isLoopback && knowsNobody;
    if (!isLoopback && knowsNobody && this.#sources.isEmpty) {
      throw new FixpointError(
        'config.invalid',
        'the service is to listen beyond this machine, but neither access tokens, oidc, kubernetes or certificates under auth: nor credentials of sources are configured; configure some, or listen on 127.0.0.1',
      );
    }
  }

  /** Who asks; throws `auth.*`, `request.malformed` or `request.cross-site`. */
  async admit(request: Asked, needed: Role): Promise<Person> {
    const { headers } = request;
    assertSingle(request.raw);
    if (this.#isOpen) {
      assertLocal(headers, this.#allowedHosts);
      return { by: localUser(headers['x-fixpoint-user']), as: 'admin' };
    }
    return this.#allowed(await this.#identify(request), needed);
  }

  /**
   * The source a message is of: the named one, or on the plain path the one whose credential it carries; undefined where
   * only its content can tell. Throws as `admit` does, and what `known` throws for a name it does not know.
   */
  async admitSource(request: Asked, name: string | undefined, known: (name: string) => string | undefined): Promise<string | undefined> {
    const { headers } = request;
    assertSingle(request.raw);
    const presented = headers.authorization === undefined ? undefined : readCredential(headers.authorization);
    const owner = this.#sources.find(presented);
    if (owner !== undefined && (name === undefined || name === owner)) return owner;
    try {
      if (this.#isOpen) {
        assertLocal(headers, this.#allowedHosts);
        const needsCredential = name === undefined ? this.#closedSources.size > 0 : this.#closedSources.has(name);
        if (needsCredential) throw this.#refusal(request, presented, invalid());
      } else {
        this.#allowed(await this.#identify(request), 'webhook');
      }
    } catch (error) {
      throw this.#mayBeUnread(presented, error) ? unread() : error;
    }
    return name === undefined ? undefined : known(name);
  }

  /** Alertmanager drops what it gets a 4xx for, so nobody is called wrong there while a credential that may be theirs cannot be read. */
  #mayBeUnread(presented: Presented | undefined, error: unknown): boolean {
    const isRefused = ['auth.invalid', 'auth.limited'].includes(codeOf(error));
    return isRefused && presented !== undefined && (this.#sources.hasUnreadable || this.#tokens.hasUnreadable);
  }

  #allowed({ name, standing }: Identity, needed: Role): Person {
    if (standing !== undefined && isAllowed(standing.role, needed)) {
      const { role, namespaces } = standing;
      return { by: name, as: role, ...(namespaces === undefined ? {} : { within: namespaces }) };
    }
    this.#dependencies.metrics.refusedCredential('forbidden');
    throw new FixpointError(
      'auth.forbidden',
      standing === undefined
        ? `${name} is known, but no entry under auth: gives them a role`
        : `${name} has the role ${standing.role}; this needs ${needed}`,
    );
  }

  /** By what they send in the header; where there is none, by the certificate of the connection. */
  async #identify(request: Asked): Promise<Identity> {
    const { headers, raw } = request;
    if (headers.authorization === undefined) {
      const identity = certificateIdentity(raw.socket, this.#certificates);
      if (identity === undefined || this.#certificates.length === 0) throw this.#refusal(request, undefined, invalid());
      assertOwnSite(headers);
      return identity;
    }
    const presented = readCredential(headers.authorization);
    const token = this.#tokens.find(presented);
    if (token !== undefined) return { name: token.name, standing: token };
    try {
      const identity = presented?.kind === 'bearer' ? await this.#vouchedFor(presented.text, request.ip) : undefined;
      if (identity !== undefined) return identity;
    } catch (error) {
      if (codeOf(error) === 'auth.unavailable') this.#dependencies.metrics.refusedCredential('unavailable');
      throw codeOf(error) === 'auth.invalid' ? this.#refusal(request, presented, error as FixpointError) : error;
    }
    throw this.#refusal(request, presented, invalid());
  }

  async #vouchedFor(token: string, address: string): Promise<Identity | undefined> {
    const options = { signal: AbortSignal.timeout(identifyTimeout), isSuspect: this.#failures.isOver(address) };
    for (const authenticator of this.#authenticators) {
      const identity = await authenticator.identify(token, options);
      if (identity !== undefined) return identity;
    }
    return undefined;
  }

  /** What the sender is told: too often wrong is told no more than that. */
  #refusal({ headers, ip }: Asked, presented: Presented | undefined, error: FixpointError): FixpointError {
    const { metrics, log } = this.#dependencies;
    if (headers.authorization === undefined) {
      metrics.refusedCredential('missing');
      return new FixpointError('auth.missing', 'send a credential in the Authorization header');
    }
    const wait = this.#failures.note({ address: ip, identity: claimedIdentity(presented) });
    metrics.refusedCredential(wait > 0 ? 'limited' : 'invalid');
    if (wait === 0) {
      log.warn({ address: ip, kind: presented?.kind ?? 'unreadable' }, 'a credential was refused');
      return error;
    }
    return new FixpointError(
      'auth.limited',
      `too many credentials were wrong lately; try again in ${wait} s, or send a right one at any time`,
      {
        details: { retryAfterSeconds: wait },
      },
    );
  }
}

function unread(): FixpointError {
  const details = { retryAfterSeconds: 5 };
  return new FixpointError('auth.unavailable', 'a configured credential cannot be read now, and this may be it; send it again', {
    details,
  });
}

function invalid(): FixpointError {
  return new FixpointError('auth.invalid', 'the credential in the Authorization header is not one of the configured ones');
}

function localUser(given: string | string[] | undefined): string {
  if (given === undefined) return 'local';
  if (typeof given === 'string' && /^[^\p{C}]{1,64}$/u.test(given)) return `local:${given}`;
  throw new FixpointError('request.malformed', 'X-Fixpoint-User has to be 1 to 64 printable characters');
}
