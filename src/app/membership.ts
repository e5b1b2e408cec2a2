import { hostname } from 'node:os';
import { isAlive, noteProcess } from '../adapters/redis/process-life.ts';
import { codeOf, FixpointError, messageOf } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Log } from '../ports/log.ts';
import type { LiveReplica, Replica } from '../ports/replicas.ts';
import type { Store } from '../ports/store.ts';

export interface MembershipOptions {
  readonly store: Pick<Store, 'announce' | 'depart'>;
  readonly clock: Clock;
  readonly log: Log;
  /** This replica as it is now. */
  self(): Omit<Replica, 'host' | 'process'>;
  /** All that are live, this one included, each time it has looked. */
  seen?(replicas: readonly LiveReplica[]): void;
}

/** A replica announces itself this often, and counts as gone after this long without, ms. */
export const beatEvery = 1000;
const life = 5000;
const lookAgain = 250;

/** This process among those that use the same Redis. */
export class Membership {
  readonly #options: MembershipOptions;
  readonly #process = noteProcess(process.pid);
  #told = '';
  #isAnnounced = false;

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  /**
   * Announces this replica; throws `replica.conflict` when there is a live one that it does not go together with. One that was
   * killed a moment ago only looks alive, and is waited for. Without Redis it goes on: `beat` notices later.
   */
  async join(): Promise<void> {
    const { clock, log } = this.#options;
    const seen = new Map<string, number>();
    try {
      for (let conflicts = await this.#conflicts(); conflicts.length > 0; conflicts = await this.#conflicts()) {
        const lively = conflicts.filter(({ id, until }) => until > (seen.get(id) ?? until));
        if (lively.length > 0) {
          await this.leave();
          throw new FixpointError('replica.conflict', conflictMessage(lively), { details: { replicas: lively.map(({ id }) => id) } });
        }
        for (const { id, until } of conflicts) if (!seen.has(id)) seen.set(id, until);
        await clock.sleep(lookAgain);
      }
    } catch (error) {
      if (codeOf(error) !== 'store.unavailable') throw error;
      log.warn({ reason: messageOf(error) }, 'Redis could not be asked which other processes use it');
    }
  }

  /** To be called every `beatEvery` ms. */
  async beat(): Promise<void> {
    const conflicts = await this.#conflicts();
    const replicas = conflicts.map(({ id }) => id).join(' ');
    if (replicas !== '' && replicas !== this.#told)
      this.#options.log.error({ replicas, reason: conflictMessage(conflicts) }, 'another process uses the same Redis');
    this.#told = replicas;
  }

  /** What Redis did not hear lately it forgets by itself: a stop does not wait for it. */
  async leave(): Promise<void> {
    if (this.#isAnnounced) await this.#options.store.depart(this.#options.self().id);
  }

  async #conflicts(): Promise<readonly LiveReplica[]> {
    const self: Replica = { ...this.#options.self(), host: hostname(), process: this.#process };
    this.#isAnnounced = false;
    const replicas = await this.#options.store.announce(self, life);
    this.#isAnnounced = true;
    this.#options.seen?.(replicas);
    return replicas.filter(
      (other) =>
        other.id !== self.id &&
        (other.history === 'sqlite' || self.history === 'sqlite') &&
        !(other.host === self.host && !isAlive(other.process)),
    );
  }
}

function conflictMessage(others: readonly LiveReplica[]): string {
  const named = others.map(
    ({ id, role, host, process: { pid }, history }) => `${id} (${role}, pid ${pid} on ${host}, history: ${history})`,
  );
  return `history in SQLite is for one process, and the same Redis is used by ${named.join(', ')}: stop the other, or set history.postgres (or history.none) in the configuration of all`;
}
