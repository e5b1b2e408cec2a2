import { hash } from 'node:crypto';
import { FixpointError, messageOf } from '../../errors.ts';
import type { TokenReviewConfig } from '../../config/config.ts';
import type { Authenticator, Identity, IdentifyOptions } from '../../ports/authenticator.ts';
import type { Clock } from '../../ports/clock.ts';
import { strongest } from '../../value/role.ts';
import { answerInTime } from '../answer-in-time.ts';
import type { ClusterApi } from './connection.ts';
import { Remembered } from './remembered.ts';

/** How long an answer is good for, ms: so long may a token be used that has been revoked. */
const goodFor = { yes: 30_000, no: 10_000 };
/** How long one question may take, ms. */
const askTimeout = 5000;
/** Questions under way at once: in all, and for senders that have failed often lately, so that they crowd nobody out. */
const mostAsked = { all: 16, suspects: 2 };
const mostRemembered = 1000;
const longestToken = 16_384;

interface Review {
  readonly status?: {
    readonly authenticated?: unknown;
    readonly user?: { readonly username?: unknown; readonly groups?: unknown };
    readonly audiences?: unknown;
  } | null;
}

/** Asks a cluster whose a token is (TokenReview). Whatever is no clear yes is a no. */
export class TokenReviewer implements Authenticator {
  readonly #config: TokenReviewConfig;
  readonly #cluster: ClusterApi;
  readonly #yes: Remembered<Identity>;
  /** Apart, so that made-up tokens push no good one out of mind. */
  readonly #no: Remembered<true>;
  readonly #asking = new Map<string, Promise<Identity | undefined>>();
  #suspects = 0;

  constructor(config: TokenReviewConfig, { cluster, clock }: { readonly cluster: ClusterApi; readonly clock: Pick<Clock, 'now'> }) {
    this.#config = config;
    this.#cluster = cluster;
    this.#yes = new Remembered({ clock, goodFor: goodFor.yes, most: mostRemembered });
    this.#no = new Remembered({ clock, goodFor: goodFor.no, most: mostRemembered });
  }

  async identify(token: string, options: IdentifyOptions): Promise<Identity | undefined> {
    if (token.length > longestToken) return undefined;
    const key = hash('sha256', token);
    if (this.#no.get(key)) return undefined;
    const known = this.#yes.get(key);
    if (known !== undefined) return known;
    // Several may wait for one answer: the question ends by its own time, and each of them waits as long as they like.
    const asked = this.#asking.get(key) ?? this.#start(key, token, options);
    try {
      return await answerInTime(asked, options.signal);
    } catch (error) {
      throw error instanceof FixpointError ? error : unavailable('the cluster has not told in time whose a token is');
    }
  }

  #start(key: string, token: string, { isSuspect }: Pick<IdentifyOptions, 'isSuspect'>): Promise<Identity | undefined> {
    if (this.#asking.size >= mostAsked.all || (isSuspect && this.#suspects >= mostAsked.suspects))
      throw unavailable('too many tokens are being looked at');
    if (isSuspect) this.#suspects += 1;
    const asked = this.#ask(token)
      .then((identity) => {
        if (identity === undefined) this.#no.put(key, true);
        else this.#yes.put(key, identity);
        return identity;
      })
      .finally(() => {
        this.#asking.delete(key);
        if (isSuspect) this.#suspects -= 1;
      });
    this.#asking.set(key, asked);
    return asked;
  }

  async #ask(token: string): Promise<Identity | undefined> {
    const { audiences } = this.#config;
    const signal = AbortSignal.timeout(askTimeout);
    let answer: Review;
    try {
      answer = (await this.#cluster.send({
        method: 'POST',
        path: '/apis/authentication.k8s.io/v1/tokenreviews',
        contentType: 'application/json',
        body: JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token, audiences } }),
        signal,
      })) as Review;
    } catch (error) {
      const why = signal.aborted ? `no answer within ${askTimeout} ms` : messageOf(error);
      throw unavailable(`the cluster does not tell whose a token is: ${why}`);
    }
    const { authenticated, user, audiences: confirmed } = answer.status ?? {};
    if (authenticated !== true) return undefined;
    // A server that knows nothing of audiences confirms none, and its yes says nothing about ours.
    if (!Array.isArray(confirmed) || !audiences.some((audience) => confirmed.includes(audience))) return undefined;
    return this.#identityOf(user ?? {});
  }

  #identityOf({ username, groups }: NonNullable<NonNullable<Review['status']>['user']>): Identity | undefined {
    if (typeof username !== 'string' || !/^[^\p{C}]{1,256}$/u.test(username)) return undefined;
    const member: readonly unknown[] = Array.isArray(groups) ? groups : [];
    const standing = strongest(
      this.#config.grants.filter(({ user, group }) => (user === undefined ? member.includes(group) : user === username)),
    );
    return { name: `kubernetes:${username}`, ...(standing === undefined ? {} : { standing }) };
  }
}

function unavailable(message: string): FixpointError {
  return new FixpointError('auth.unavailable', message, { details: { retryAfterSeconds: 1 } });
}
