import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runVersion } from '../../src/run/run.ts';
import { freePort } from '../support/free-port.ts';
import { startProxy, type Proxy } from '../support/proxy.ts';
import { Member, type MemberHooks } from './member.ts';
import type { Arm, ProcessOrders, Sabotage } from './process/orders.ts';
import { configFile } from './rules.ts';

export interface FleetOptions {
  readonly folder: string;
  readonly workers: number;
  readonly redisPort: number;
  readonly worldPort: number;
  readonly sabotage: Sabotage;
  readonly hooks: MemberHooks;
}

/** A place for one process after the other, with ways of its own to Redis and to the world. */
export interface Slot {
  readonly name: string;
  readonly role: 'api' | 'worker';
  readonly redis: Proxy;
  readonly world: Proxy;
  readonly config: string;
  version: number;
  clockOffset: number;
  member: Member | undefined;
  isFrozen: boolean;
}

/** The processes under test: an API and some workers. */
export class Fleet {
  readonly slots: readonly Slot[];
  readonly url: string;
  readonly #options: FleetOptions;
  readonly #arms = new Map<number, Arm>();
  #isStopping = false;

  private constructor(options: FleetOptions, slots: readonly Slot[], url: string) {
    this.#options = options;
    this.slots = slots;
    this.url = url;
  }

  static async start(options: FleetOptions): Promise<Fleet> {
    const slots: Slot[] = [];
    let url = '';
    for (let index = 0; index <= options.workers; index += 1) {
      const role = index === 0 ? 'api' : 'worker';
      const redis = await startProxy({ port: options.redisPort });
      const world = await startProxy({ port: options.worldPort });
      const listen = await freePort();
      if (role === 'api') url = `http://127.0.0.1:${listen}`;
      const config = join(options.folder, `${role}-${index}.yaml`);
      writeFileSync(config, configFile({ world: world.port, redis: `redis://127.0.0.1:${redis.port}`, listen }));
      slots.push({
        name: `${role}-${index}`,
        role,
        redis,
        world,
        config,
        version: runVersion,
        clockOffset: 0,
        member: undefined,
        isFrozen: false,
      });
    }
    const fleet = new Fleet(options, slots, url);
    try {
      // Nothing has been killed yet: who does not start now never does.
      for (const slot of slots) await fleet.#launch(slot);
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  get workers(): readonly Slot[] {
    return this.slots.filter(({ role }) => role === 'worker');
  }

  get api(): Slot {
    const [api] = this.slots;
    if (api === undefined) throw new Error('a fleet has an API');
    return api;
  }

  slotOf(pid: number): Slot | undefined {
    return this.slots.find(({ member }) => member?.pid === pid);
  }

  /** Starts a process where there is none, and tries again where it ends before it is ready (Redis may be down). */
  async fill(slot: Slot): Promise<void> {
    while (!this.#isStopping && slot.member?.isRunning !== true) {
      await this.#launch(slot).catch(() => {});
      for (const arm of this.#arms.values()) slot.member?.tell({ command: 'arm', arm });
    }
    await slot.member?.ready.catch(() => {});
  }

  async #launch(slot: Slot): Promise<void> {
    const { folder, sabotage, hooks } = this.#options;
    const { role, config, version, clockOffset } = slot;
    const orders: ProcessOrders = { role, folder, config, version, clockOffset, sabotage };
    slot.isFrozen = false;
    slot.member = new Member(orders, { hooks, cache: join(folder, 'compiled') });
    await slot.member.ready;
  }

  /** From now on whoever comes to this point first, also who is started later, strikes itself there. */
  arm(arm: Arm): void {
    this.#arms.set(arm.id, arm);
    for (const { member } of this.slots) member?.tell({ command: 'arm', arm });
  }

  disarm(id: number): void {
    this.#arms.delete(id);
    for (const { member } of this.slots) member?.tell({ command: 'disarm', id });
  }

  disarmAll(): void {
    for (const id of this.#arms.keys()) this.disarm(id);
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all(this.slots.map(async ({ member }) => await member?.kill9()));
    await Promise.all(this.slots.flatMap(({ redis, world }) => [redis.close(), world.close()]));
  }
}
