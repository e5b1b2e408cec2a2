import type { ResearchPod } from './research-pods.ts';

/** Services that the research API calls, each behind a circuit breaker. */
export const dependencies = ['openai-api', 'anthropic-api'] as const;
export type Dependency = (typeof dependencies)[number];

/** The circuit breakers of the pods: each pod has its own, closed at its start. */
export class ResearchBreakers {
  readonly #open = new Map<string, Set<string>>();

  /** False where there is no such dependency. */
  set(pod: string, dependency: string, isOpen: boolean): boolean {
    if (!(dependencies as readonly string[]).includes(dependency)) return false;
    const open = this.#open.get(pod) ?? new Set();
    if (isOpen) open.add(dependency);
    else open.delete(dependency);
    this.#open.set(pod, open);
    return true;
  }

  statusOf(pod: string): Readonly<Record<string, 'open' | 'closed'>> {
    return Object.fromEntries(dependencies.map((name) => [name, this.isOpen(pod, name) ? 'open' : 'closed']));
  }

  isOpen(pod: string, dependency: Dependency): boolean {
    return this.#open.get(pod)?.has(dependency) === true;
  }

  /** The part of all requests that still waits for this dependency. */
  closedShare(pods: readonly ResearchPod[], dependency: Dependency): number {
    return pods.filter(({ uid }) => !this.isOpen(uid, dependency)).reduce((sum, { share }) => sum + share, 0);
  }

  /** Forgets pods that are gone. */
  keep(pods: ReadonlySet<string>): void {
    for (const pod of this.#open.keys()) if (!pods.has(pod)) this.#open.delete(pod);
  }
}
