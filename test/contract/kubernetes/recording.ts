import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../../fixtures/kubernetes/transcripts/', import.meta.url);

export interface Exchange {
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly query: Readonly<Record<string, string>>;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: unknown;
  };
  readonly response: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: unknown };
}

export interface WatchEvent {
  readonly type: string;
  readonly object: { readonly kind: string; readonly metadata: { readonly name: string; readonly generation?: number } };
}

export interface Transcript {
  readonly file: string;
  readonly exchanges: readonly Exchange[];
  readonly watch: readonly { readonly name: string; readonly events: readonly WatchEvent[] }[];
}

/** One recording by the start of its file's name: `02-`. */
export function transcript(name: string): Transcript {
  const file = readdirSync(folder).find((candidate) => candidate.startsWith(name));
  if (file === undefined) throw new Error(`no recording starts with ${name}`);
  const { exchanges, watch = [] } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Omit<Transcript, 'watch'> & {
    watch?: Transcript['watch'];
  };
  return { file, exchanges, watch };
}

export function transcripts(): readonly Transcript[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => transcript(file));
}
