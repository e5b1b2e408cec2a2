import type { Clock } from '../ports/clock.ts';

/** Failures that one address, or one claimed identity, may have at once, and how fast they are forgotten. */
const most = 20;
const forgetMs = 3000;
/** Keys that are kept in mind, of each kind. */
const mostKeys = 10_000;

interface Tally {
  readonly failures: number;
  readonly at: number;
}

/** Counts failures to prove who one is. It only ever makes refusals shorter: whoever proves it passes, whatever others did. */
export class FailureLimit {
  readonly #clock: Pick<Clock, 'now'>;
  /** Apart, so that made-up identities push no address out of mind. */
  readonly #tallies = { address: new Map<string, Tally>(), identity: new Map<string, Tally>() };

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Counts one more; answers the seconds after which another is answered in full again, 0 while it is below the limit. */
  note({ address, identity }: { readonly address: string; readonly identity: string | undefined }): number {
    const waits = [this.#count('address', blockOf(address)), identity === undefined ? 0 : this.#count('identity', identity)];
    return Math.max(...waits);
  }

  /** How many senders and identities are kept in mind. */
  get size(): number {
    return this.#tallies.address.size + this.#tallies.identity.size;
  }

  isOver(address: string): boolean {
    return this.#left('address', blockOf(address)) >= most;
  }

  #count(kind: 'address' | 'identity', key: string): number {
    const tallies = this.#tallies[kind];
    const failures = Math.min(this.#left(kind, key) + 1, most + 1);
    tallies.delete(key);
    tallies.set(key, { failures, at: this.#clock.now() });
    const [oldest] = tallies.keys();
    if (tallies.size > mostKeys && oldest !== undefined) tallies.delete(oldest);
    return failures > most ? Math.ceil(((failures - most) * forgetMs) / 1000) : 0;
  }

  #left(kind: 'address' | 'identity', key: string): number {
    const known = this.#tallies[kind].get(key);
    if (known === undefined) return 0;
    return Math.max(0, known.failures - Math.max(0, this.#clock.now() - known.at) / forgetMs);
  }
}

/** A network of IPv6 is one sender: its hosts have addresses without number. */
function blockOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail] = plain.split('%', 1)[0]?.split('::') ?? [];
  const groups = head === '' ? [] : head.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  return [...groups, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...(tail ?? '').split(':')].slice(0, 4).join(':');
}
