import type { ReplayOptions } from './replay.ts';

export function webTemplate(image: string): Readonly<Record<string, unknown>> {
  return { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } };
}

export function deployment(namespace: string, spec: Readonly<Record<string, unknown>>): unknown {
  const template = webTemplate('registry.example/web:1.0');
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace, labels: { app: 'web' } },
    spec: { selector: { matchLabels: { app: 'web' } }, template, ...spec },
  };
}

/** A recording, and how it is replayed. */
export interface Recording extends ReplayOptions {
  readonly name: string;
  /** Exchanges whose answers must be equal; with those left out all of the recording. */
  readonly equal: number;
  readonly reasons: Readonly<Record<string, number>>;
}
