import { askJson } from './game-day-api.ts';
import type { GameDay } from './game-day.ts';

/** Plays the person who says yes to every plan that waits for one. */
export class ApproveAll {
  readonly #day: GameDay;
  readonly #approved: (run: string) => void;
  /** Of those that wait: a plan that changes is asked for again. */
  #asked: ReadonlySet<string> = new Set();

  constructor(day: GameDay, approved: (run: string) => void) {
    this.#day = day;
    this.#approved = approved;
  }

  async look(runs: readonly { readonly id: string; readonly phase: string; readonly reason: string }[]): Promise<void> {
    const waiting = runs.filter(({ phase }) => phase === 'awaiting-approval');
    for (const run of waiting.filter((one) => !this.#asked.has(questionOf(one)))) {
      const body = { reason: 'the game day plays the person who approves' };
      await askJson(`${this.#day.service.url}/api/v1/runs/${run.id}/approve`, { method: 'POST', body });
      this.#approved(run.id);
    }
    this.#asked = new Set(waiting.map(questionOf));
  }
}

/** Between two looks a run may have come to the next rung that asks; its reason names it. */
function questionOf({ id, reason }: { readonly id: string; readonly reason: string }): string {
  return `${id} ${reason}`;
}
