/** The sizes that a setting had over time; a pod keeps the one from its start. */
export class PoolSizes {
  /** Oldest first. */
  #sizes: { readonly from: number; readonly size: number }[] = [];

  /** Text that is no whole number above 0 changes nothing, as the service then keeps what it has. */
  note(text: string | undefined, now: number): void {
    const size = /^[1-9]\d{0,5}$/.test(text ?? '') ? Number(text) : undefined;
    if (size === undefined || size === this.#sizes.at(-1)?.size) return;
    this.#sizes.push({ from: now, size });
  }

  /** Everything that runs has this size, whenever it started. */
  reset(size: number): void {
    this.#sizes = [{ from: -Infinity, size }];
  }

  at(moment: number): number {
    return (this.#sizes.findLast(({ from }) => from <= moment) ?? this.#sizes[0])?.size ?? 0;
  }
}
