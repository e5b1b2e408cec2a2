import { fingerprint } from '../../src/alert/fingerprint.ts';
import { jsonPatch } from '../../src/sandbox/kubernetes/patch/json-patch.ts';
import { Deployment } from './deployment.ts';
import type { Cure } from './story.ts';

/** Who sent a request, by what the harness's own adapters put into a header. */
export interface Sender {
  readonly run: string;
  readonly fence: number;
  /** Pid of the process. */
  readonly worker: number;
}

/** One mutating request as its target saw it. */
export interface Effect {
  readonly sequence: number;
  /** Ms since the epoch. */
  readonly at: number;
  readonly target: string;
  readonly what: 'scale' | 'restart' | 'ring' | 'foreign';
  readonly from: string;
  readonly to: string;
  /** Whether the state is another now; a refused or repeated request changes nothing. */
  readonly hasChanged: boolean;
  readonly sender?: Sender;
}

/** Once ill, from the first to the last moment. */
export interface Episode {
  readonly fingerprint: string;
  readonly target: string;
  readonly alertname: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly startsAt: number;
  readonly cure: Cure;
  readonly isBlind: boolean;
  endedAt?: number;
  /** Ended by an effect of ours. */
  isCured?: boolean;
}

export interface Illness {
  readonly target: string;
  readonly alertname: string;
  readonly cure: Cure;
  readonly isBlind?: boolean;
  readonly isCritical?: boolean;
}

/** Healed this long after the effect that heals, ms. */
const healing = 100;

/** The targets and their illnesses, with a log of everything that was done to them. It outlives every process under test. */
export class World {
  readonly effects: Effect[] = [];
  readonly episodes: Episode[] = [];
  readonly pages: { readonly at: number; readonly incident: string }[] = [];
  /** Called at the next change of state that a process under test causes, before its request is answered; each once. */
  readonly onNextEffect: ((effect: Effect & { readonly sender: Sender }) => void)[] = [];
  onEnd: (episode: Episode) => void = () => {};
  /** Called when somebody reads a deployment. */
  onRead: (target: string) => void = () => {};
  readonly #deployments = new Map<string, Deployment>();
  readonly #ill = new Map<string, Episode>();

  add(name: string): void {
    if (!this.#deployments.has(name)) this.#deployments.set(name, new Deployment(name));
  }

  find(name: string): Deployment | undefined {
    return this.#deployments.get(name);
  }

  fallIll({ target, alertname, cure, isBlind = false, isCritical = false }: Illness): Episode {
    const labels = { alertname, target, ...(isCritical ? { severity: 'critical' } : {}) };
    const mark = fingerprint(labels);
    const episode: Episode = { fingerprint: mark, target, alertname, labels, startsAt: Date.now(), cure, isBlind };
    this.episodes.push(episode);
    this.#ill.set(mark, episode);
    return episode;
  }

  end(episode: Episode): void {
    if (episode.endedAt !== undefined) return;
    episode.endedAt = Date.now();
    this.#ill.delete(episode.fingerprint);
    this.onEnd(episode);
  }

  /** The episodes that go on now. */
  ill(): readonly Episode[] {
    return [...this.#ill.values()];
  }

  isIll(target: string, alertname: string): boolean {
    return this.ill().some((episode) => episode.target === target && episode.alertname === alertname);
  }

  /** Someone else, not us, sets the count. */
  touch(name: string, replicas: number): void {
    const deployment = this.find(name);
    if (deployment === undefined) return;
    const from = deployment.replicas;
    deployment.set({ replicas });
    this.#log({ target: name, what: 'foreign', from: String(from), to: String(replicas), hasChanged: from !== replicas });
  }

  /** Applies a JSON patch, or throws what the API server would answer. */
  patch(name: string, { part, body, sender }: { part: 'scale' | 'whole'; body: unknown; sender?: Sender }): void {
    const deployment = this.find(name);
    if (deployment === undefined) throw new RangeError(`no deployment is named ${name}`);
    const what = part === 'scale' ? 'scale' : 'restart';
    const said = { target: name, what, ...(sender === undefined ? {} : { sender }) } as const;
    const before = deployment.state();
    let wanted;
    try {
      wanted = Deployment.stateOf(jsonPatch(part === 'scale' ? deployment.scale() : deployment.whole(), body), before);
    } catch (error) {
      this.#log({ ...said, from: show(before), to: JSON.stringify(body), hasChanged: false });
      throw error;
    }
    const hasChanged = wanted.replicas !== before.replicas || wanted.stamp !== before.stamp;
    if (hasChanged) deployment.set(wanted);
    this.#log({ ...said, from: show(before), to: show(wanted), hasChanged });
    this.#heal(name, what);
  }

  ring(name: string, sender: Sender | undefined): void {
    const rings = this.effects.filter((effect) => effect.target === name && effect.what === 'ring').length;
    this.#log({
      target: name,
      what: 'ring',
      from: String(rings),
      to: String(rings + 1),
      hasChanged: true,
      ...(sender === undefined ? {} : { sender }),
    });
    this.#heal(name, 'ring');
  }

  #heal(target: string, what: Cure): void {
    for (const episode of this.ill().filter((one) => one.target === target && one.cure === what)) {
      episode.isCured ??= true;
      setTimeout(() => this.end(episode), healing).unref();
    }
  }

  #log(entry: Omit<Effect, 'sequence' | 'at'>): void {
    const effect: Effect = { sequence: this.effects.length, at: Date.now(), ...entry };
    this.effects.push(effect);
    const { sender } = effect;
    if (effect.hasChanged && sender !== undefined) this.onNextEffect.shift()?.({ ...effect, sender });
  }
}

function show({ replicas, stamp }: { replicas: number; stamp: string | null }): string {
  return `${replicas} replicas, restarted ${stamp ?? 'never'}`;
}
