import type { KubernetesObject } from '../sandbox/kubernetes/object.ts';
import type { PodConduct } from '../sandbox/sandbox.ts';
import type { Json } from '../value/json.ts';
import { parseQuantity } from '../value/quantity.ts';
import type { PodText } from './world-schema.ts';

/** How pods behave, as a test says; what it says nothing of is left to the simulated platform. */
export class PodBook implements PodConduct {
  readonly #setState: (changes: Readonly<Record<string, Json>>) => void;
  #texts: readonly PodText[] = [];

  constructor(setState: (changes: Readonly<Record<string, Json>>) => void) {
    this.#setState = setState;
  }

  /** What is said later goes before what was said earlier. */
  add(texts: readonly PodText[]): void {
    this.#texts = [...texts, ...this.#texts];
  }

  outcome(pod: KubernetesObject): PodText['outcome'] {
    return this.#first(pod, ({ outcome }) => outcome);
  }

  log(pod: KubernetesObject): string | undefined {
    return this.#first(pod, ({ log }) => log);
  }

  usage(pod: KubernetesObject): { readonly cpu: number; readonly memory: number } | undefined {
    return this.#first(pod, ({ usage }) => usage && { cpu: amountOf(usage.cpu), memory: amountOf(usage.memory) });
  }

  exec(
    pod: KubernetesObject,
    argv: readonly string[],
  ): { readonly exitCode: number; readonly stdout: string; readonly stderr: string } | undefined {
    const line = argv.join(' ');
    const found = this.#first(pod, ({ exec = [] }) => exec.find(({ command }) => line === command || line.startsWith(`${command} `)));
    if (found === undefined) return undefined;
    const { exitCode = 0, stdout = '', stderr = '', set } = found;
    if (set !== undefined) this.#setState(set);
    return { exitCode, stdout, stderr };
  }

  #first<T>({ metadata }: KubernetesObject, read: (text: PodText) => T | undefined): T | undefined {
    const own = this.#texts.filter(
      ({ name, namespace }) => metadata.name.startsWith(name) && (namespace === undefined || namespace === metadata.namespace),
    );
    return own.map(read).find((value) => value !== undefined);
  }
}

function amountOf(amount: number | string): number {
  return typeof amount === 'number' ? amount : Number(parseQuantity(amount)?.nano ?? 0n) / 1e9;
}
