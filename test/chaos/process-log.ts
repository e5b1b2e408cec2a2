interface LogLine {
  readonly at: number;
  readonly pid: number;
  readonly text: string;
}

/** Lines kept; the story of a run is told from them. */
const most = 50_000;

/** What the processes under test logged. */
export class ProcessLog {
  /** Messages of level error, and what is no log line at all, each with its number. */
  readonly errors = new Map<string, number>();
  #lines: LogLine[] = [];

  take(pid: number, text: string): void {
    this.#lines.push({ at: Date.now(), pid, text });
    if (this.#lines.length > most) this.#lines = this.#lines.slice(most / 2);
    const message = errorIn(text);
    if (message !== undefined) this.errors.set(message, (this.errors.get(message) ?? 0) + 1);
  }

  linesAbout(about: string): readonly LogLine[] {
    return this.#lines.filter(({ text }) => text.includes(about));
  }
}

function errorIn(text: string): string | undefined {
  try {
    const { level, msg, err } = JSON.parse(text) as { level?: string; msg?: string; err?: { code?: string; message?: string } };
    return level === 'error'
      ? `${msg ?? ''}: ${err?.code ?? ''} ${(err?.message ?? '').replaceAll(/\bf[0-9a-z]{22}(-\d+)?/g, '<id>').slice(0, 160)}`
      : undefined;
  } catch {
    return text.slice(0, 200);
  }
}
