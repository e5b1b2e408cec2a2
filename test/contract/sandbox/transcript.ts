import { readFileSync } from 'node:fs';

export interface Recorded {
  readonly t: number;
  readonly user: string;
  readonly note?: string;
  readonly kubectl?: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly query: Readonly<Record<string, string | readonly string[]>>;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: unknown;
  };
  readonly response: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: unknown };
}

export interface RecordedWatch {
  readonly name: string;
  readonly t: number;
  readonly request: Recorded['request'];
  readonly events: readonly { readonly t: number; readonly type: string; readonly object: Record<string, unknown> }[];
  readonly ended: { readonly t: number; readonly by: string };
}

export interface Transcript {
  readonly scenario: string;
  readonly exchanges: readonly Recorded[];
  readonly watch?: readonly RecordedWatch[];
}

export function readTranscript(name: string): Transcript {
  const url = new URL(`../../fixtures/kubernetes/transcripts/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as Transcript;
}
