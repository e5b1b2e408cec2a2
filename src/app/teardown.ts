import type { Log } from '../ports/log.ts';

/** What has to be undone at the end, last in first out; each step is tried whatever happened to those before. */
export class Teardown {
  readonly #log: Log;
  readonly #steps: { readonly name: string; readonly undo: () => void | Promise<void> }[] = [];

  constructor(log: Log) {
    this.#log = log;
  }

  add(name: string, undo: () => void | Promise<void>): void {
    this.#steps.push({ name, undo });
  }

  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step.undo();
      } catch (error) {
        this.#log.warn({ step: step.name, err: error }, 'a step of stopping failed');
      }
    }
  }
}
