import { setTimeout as delay } from 'node:timers/promises';
import type { RedisServer } from '../support/redis.ts';
import type { Fleet, Slot } from './fleet.ts';
import type { Disturbance, Kill } from './plan.ts';
import type { Arm } from './process/orders.ts';
import type { World } from './world.ts';

/** How long a round waits for a kill where it is aimed at, ms; then somebody is killed wherever it is, and the aim stays for a later round. */
const patience = 1200;

/** Carries out what a plan says: kills and disturbs. */
export class Strikes {
  /** How many there were of each kind of kill and disturbance; `point x` for those that struck where they were meant to. */
  readonly counts = new Map<string, number>();
  /** When each process was killed, by pid. */
  readonly killedAt = new Map<number, number>();
  readonly #fleet: Fleet;
  readonly #redis: RedisServer;
  readonly #world: World;
  #hasStruck: (() => void) | undefined;
  #arms = 0;
  readonly #lasting = new Map<number, number>();
  readonly #running = new Set<Promise<void>>();

  constructor({ fleet, redis, world }: { fleet: Fleet; redis: RedisServer; world: World }) {
    this.#fleet = fleet;
    this.#redis = redis;
    this.#world = world;
  }

  get kills(): number {
    return [...this.counts].filter(([what]) => what.startsWith('kill')).reduce((total, [, count]) => total + count, 0);
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  /** Told when a process says that it has struck itself. */
  struck(pid: number, arm: Arm, at: number): void {
    this.#fleet.disarm(arm.id);
    this.count(`${arm.act} at point ${arm.point} ${arm.moment}`);
    const slot = this.#fleet.slotOf(pid);
    if (arm.act === 'kill') {
      this.killedAt.set(pid, at);
      if (slot !== undefined) this.#later(this.#refill(slot));
      this.#hasStruck?.();
    } else if (slot !== undefined) this.#later(this.#thaw(slot, this.#lasting.get(arm.id) ?? 0));
  }

  /** Kills as told and has the dead replaced; resolves when all stand again. */
  async kill(kill: Kill): Promise<void> {
    switch (kill.kill) {
      case 'at-point':
        return await this.#killAtPoint(kill);
      case 'at-effect':
        return await this.#killAtEffect();
      case 'worker':
        return await this.#killSlots([this.#worker(kill.slot)], { after: kill.after, what: 'kill worker' });
      case 'all-workers':
        return await this.#killSlots(this.#fleet.workers, { after: kill.after, what: 'kill all workers' });
      case 'api':
        return await this.#killSlots([this.#fleet.api], { after: kill.after, what: 'kill API' });
      case 'redis':
        await delay(kill.after);
        await this.#redis.kill9();
        this.count('kill Redis');
        await delay(kill.down);
        return await this.#redis.restart();
    }
  }

  /** Begins a disturbance, which ends by itself. */
  disturb(disturbance: Disturbance): void {
    switch (disturbance.disturb) {
      case 'freeze':
        return this.#later(this.#freeze(this.#worker(disturbance.slot), disturbance));
      case 'freeze-at-point': {
        const { point, moment, lasts } = disturbance;
        const arm = this.#aim({ point, moment, nth: 1, act: 'freeze' });
        this.#lasting.set(arm.id, lasts);
        return this.#fleet.arm(arm);
      }
      case 'freeze-at-effect':
        this.#world.onNextEffect.push(({ sender }) => {
          const slot = this.#fleet.slotOf(sender.worker);
          if (slot === undefined) return;
          slot.member?.signal('SIGSTOP');
          this.count('freeze at effect, before its answer');
          this.#later(this.#thaw(slot, disturbance.lasts));
        });
        return;
      case 'network':
        return this.#later(this.#breakNetwork(disturbance));
      case 'clock': {
        const slot = this.#worker(disturbance.slot);
        slot.clockOffset = disturbance.offset;
        this.count('clock shifted');
        return this.#later(this.#replace(slot));
      }
      case 'redeploy': {
        const slot = this.#nextToRedeploy(disturbance.slot);
        this.count('redeployed');
        return this.#later(this.#replace(slot));
      }
    }
  }

  /** Resolves when every disturbance has ended and every place is filled. */
  async settled(): Promise<void> {
    this.#fleet.disarmAll();
    this.#world.onNextEffect.length = 0;
    while (this.#running.size > 0) await Promise.all(this.#running);
    for (const slot of this.#fleet.slots) {
      if (slot.isFrozen) await this.#thaw(slot, 0);
      await this.#fleet.fill(slot);
    }
  }

  async #killAtPoint({ point, moment, nth }: Extract<Kill, { kill: 'at-point' }>): Promise<void> {
    this.#fleet.arm(this.#aim({ point, moment, nth, act: 'kill' }));
    await this.#untilStruck();
  }

  async #killAtEffect(): Promise<void> {
    this.#world.onNextEffect.push(({ sender }) => {
      const slot = this.#fleet.slotOf(sender.worker);
      if (slot === undefined) return;
      this.#note(slot);
      slot.member?.signal('SIGKILL');
      this.count('kill at effect, before its answer');
      this.#later(this.#refill(slot));
      this.#hasStruck?.();
    });
    await this.#untilStruck();
  }

  async #untilStruck(): Promise<void> {
    const struck = new Promise<true>((resolve) => (this.#hasStruck = () => resolve(true)));
    const isStruck = await Promise.race([struck, delay(patience, false)]);
    this.#hasStruck = undefined;
    // The places of the dead are filled behind the round's back.
    if (isStruck) return;
    const slot = this.#worker(this.#arms);
    await this.#killSlots([slot], { after: 0, what: 'kill worker, for its aim was not reached yet' });
  }

  #aim(arm: Omit<Arm, 'id'>): Arm {
    this.#arms += 1;
    return { ...arm, id: this.#arms };
  }

  async #refill(slot: Slot): Promise<void> {
    await slot.member?.ended;
    await this.#fleet.fill(slot);
  }

  async #killSlots(slots: readonly Slot[], { after, what }: { after: number; what: string }): Promise<void> {
    await delay(after);
    await Promise.all(
      slots.map(async (slot) => {
        // Who has just died is killed when it stands again.
        await this.#fleet.fill(slot);
        this.#note(slot);
        await slot.member?.kill9();
        this.count(what);
      }),
    );
    await Promise.all(slots.map((slot) => this.#fleet.fill(slot)));
  }

  async #freeze(slot: Slot, { after, lasts }: { after: number; lasts: number }): Promise<void> {
    await delay(after);
    slot.isFrozen = true;
    slot.member?.signal('SIGSTOP');
    this.count('freeze');
    await this.#thaw(slot, lasts);
  }

  async #thaw(slot: Slot, after: number): Promise<void> {
    const { member } = slot;
    slot.isFrozen = true;
    await delay(after);
    member?.signal('SIGCONT');
    slot.isFrozen = false;
  }

  async #breakNetwork({ how, way, slot, lasts }: Extract<Disturbance, { disturb: 'network' }>): Promise<void> {
    const proxy = this.#worker(slot)[way];
    this.count(`network to ${way}: ${how}`);
    if (how === 'cut') proxy.cut();
    else if (how === 'stall') proxy.stall();
    else if (how === 'delay') proxy.delay(Math.min(lasts, delayed));
    else proxy.cutAfter(0);
    await delay(lasts);
    proxy.restore();
  }

  /** Stops a process well and fills its place. */
  async #replace(slot: Slot): Promise<void> {
    slot.member?.signal('SIGCONT');
    slot.member?.signal('SIGTERM');
    const { member } = slot;
    if (member !== undefined) {
      await Promise.race([member.ended, delay(stopLimit)]);
      if (member.isRunning) await member.kill9();
    }
    await this.#fleet.fill(slot);
  }

  /** A rolling change: all get the new version, one after the other, before there is a newer one. */
  #nextToRedeploy(index: number): Slot {
    const { workers } = this.#fleet;
    const newest = Math.max(...workers.map(({ version }) => version));
    const older = workers.find(({ version }) => version < newest);
    const slot = older ?? this.#worker(index);
    slot.version = older === undefined ? newest + 1 : newest;
    return slot;
  }

  #note(slot: Slot): void {
    if (slot.member !== undefined) this.killedAt.set(slot.member.pid, Date.now());
  }

  #worker(index: number): Slot {
    const { workers } = this.#fleet;
    const slot = workers[index % workers.length];
    if (slot === undefined) throw new Error('a fleet has workers');
    return slot;
  }

  #later(work: Promise<void>): void {
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }
}

/** The longest that bytes are held back on their way, ms: below the link's patience some get through late, not never. */
const delayed = 150;
/** A worker told to stop has its grace and a little more, ms. */
const stopLimit = 6000;
