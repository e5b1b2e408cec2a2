import type { WebhookMessage } from '../alert/webhook-message.ts';
import { FixpointError } from '../errors.ts';
import { nearest } from '../value/nearest.ts';
import type { ApiDependencies } from './dependencies.ts';

/** Finds the source a message is of. */
export class SourceDirectory {
  readonly #names: readonly string[];
  readonly #sourceOf: ApiDependencies['sourceOf'];

  constructor({ sources, sourceOf }: Pick<ApiDependencies, 'sources' | 'sourceOf'>) {
    this.#names = sourceNames(sources);
    this.#sourceOf = sourceOf;
  }

  /** The name itself if a source has it; throws `source.unknown`. Undefined for undefined. */
  named(name: string | undefined): string | undefined {
    if (name === undefined || this.#names.includes(name)) return name;
    const near = nearest(name.slice(0, 64), this.#names);
    throw new FixpointError(
      'source.unknown',
      `no source is called ${JSON.stringify(name.slice(0, 100))}${near === undefined ? '' : `; did you mean ${near}?`}`,
    );
  }

  /** The source of a message that came without a name. */
  plain(message: WebhookMessage): string {
    const [only, ...others] = this.#names;
    if (only !== undefined && others.length === 0) return only;
    const first = message.alerts[0];
    const found = (first === undefined ? undefined : this.#sourceOf?.(first.labels)) ?? 'default';
    if (this.#names.includes(found)) return found;
    throw new FixpointError('source.unknown', `this message could be of ${this.#names.join(' or ')}; post it to /api/v1/webhook/<source>`);
  }
}

/** The names that messages may be of. */
export function sourceNames(sources: ApiDependencies['sources']): readonly string[] {
  return sources.length === 0 ? ['default'] : sources.map(({ name }) => name);
}
