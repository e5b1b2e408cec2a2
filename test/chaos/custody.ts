import type { Said } from './process/orders.ts';

/** Who holds which run by what the processes tell, and how long runs are without anybody after their holder was killed. */
export class Custody {
  /** Ms from the death of a run's holder to the next claim, and when that was. */
  readonly resumed: { readonly run: string; readonly after: number; readonly at: number }[] = [];
  readonly #holders = new Map<string, number>();
  readonly #orphans = new Map<string, number>();

  hear(pid: number, said: Said): void {
    if (said.said === 'claimed') {
      this.#holders.set(said.run, pid);
      const since = this.#orphans.get(said.run);
      this.#orphans.delete(said.run);
      if (since !== undefined) this.resumed.push({ run: said.run, after: Math.max(0, said.at - since), at: said.at });
    } else if (said.said === 'left' && this.#holders.get(said.run) === pid) {
      this.#holders.delete(said.run);
    }
  }

  /** Told at the moment of death, as near as it is known. */
  died(pid: number, at: number): void {
    for (const [run, holder] of this.#holders) {
      if (holder !== pid) continue;
      this.#holders.delete(run);
      this.#orphans.set(run, at);
    }
  }

  /** Runs whose holder died and that nobody has taken up. */
  get orphans(): readonly string[] {
    return [...this.#orphans.keys()];
  }
}
