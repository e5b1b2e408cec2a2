import { setTimeout as delay } from 'node:timers/promises';
import { stories, type Story, type StoryShape } from './story.ts';
import type { Webhooks } from './webhooks.ts';
import type { Episode, World } from './world.ts';

/** What does not heal by itself or by us goes on for so long, ms. */
const longest = 6000;
/** Between a cure and the relapse, ms. */
const relapseAfter = 1200;
/** How long a stale webhook comes after the end of its alert: later than evidence may be old, ms. */
const staleAfter = 4500;
const foreignReplicas = 7;

/** Lets stories happen: targets fall ill and heal, an Alertmanager tells of it, people lend a foreign hand. */
export class Storyteller {
  readonly #world: World;
  readonly #webhooks: Webhooks;
  readonly #told = new Map<string, Story>();
  readonly #relapses = new Map<string, number>();
  readonly #running = new Set<Promise<void>>();

  constructor(world: World, webhooks: Webhooks) {
    this.#world = world;
    this.#webhooks = webhooks;
    world.onEnd = (episode) => this.#go(this.#ended(episode));
    world.onRead = (target) => this.#read(target);
  }

  begin(story: Story): void {
    this.#told.set(story.id, story);
    this.#world.add(story.id);
    this.#go(this.#tell(story));
  }

  /** Ends all illnesses, and waits until the last webhook has been answered. */
  async end(): Promise<void> {
    for (const [id] of this.#told) this.#relapses.set(id, Number.POSITIVE_INFINITY);
    for (const episode of this.#world.ill()) this.#world.end(episode);
    await this.settled();
  }

  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #go(work: Promise<void>): void {
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  async #tell(story: Story): Promise<void> {
    const shape: StoryShape = stories[story.kind];
    const episodes = shape.alerts.map(({ alertname, cure }) =>
      this.#world.fallIll({ target: story.id, alertname, cure, isCritical: story.isCritical, isBlind: shape.isBlind === true }),
    );
    if (shape.isStale === true) {
      for (const episode of episodes) this.#world.end(episode);
      await delay(staleAfter);
    }
    if (story.resolved === 'early' && shape.isStale !== true) {
      // An older episode's end, told late: it must not end this one.
      await Promise.all(episodes.map((episode) => this.#webhooks.send({ ...episode, endedAt: episode.startsAt - 1 }, 'resolved')));
    }
    const copies = story.sent.map(async (after) => {
      await delay(after);
      await Promise.all(episodes.map((episode) => this.#webhooks.send(episode, 'firing')));
    });
    const ends = episodes.map(async (episode) => {
      const isShort = episode.cure === 'time';
      if (!isShort && episode.cure !== 'nothing') return;
      await delay(isShort ? story.lasts : longest);
      this.#world.end(episode);
    });
    await Promise.all([...copies, ...ends]);
  }

  async #ended(episode: Episode): Promise<void> {
    const story = this.#told.get(episode.target);
    if (story === undefined) return;
    const shape: StoryShape = stories[story.kind];
    if (shape.isStale === true) return;
    await delay(story.resolvedAfter);
    // A lost one is made good by asking the source.
    const times = story.resolved === 'lost' ? 0 : story.resolved === 'twice' ? 2 : 1;
    await Promise.all(Array.from({ length: times }, () => this.#webhooks.send(episode, 'resolved')));
    const relapses = (this.#relapses.get(story.id) ?? 0) + 1;
    this.#relapses.set(story.id, relapses);
    if (relapses <= (shape.relapses ?? 0)) await this.#relapse(story, episode);
  }

  async #relapse(story: Story, { alertname, cure }: Episode): Promise<void> {
    await delay(relapseAfter);
    if ((this.#relapses.get(story.id) ?? 0) === Number.POSITIVE_INFINITY) return;
    this.#world.touch(story.id, 2);
    const again = this.#world.fallIll({ target: story.id, alertname, cure, isCritical: story.isCritical });
    await this.#webhooks.send(again, 'firing');
    await delay(longest);
    this.#world.end(again);
  }

  #read(target: string): void {
    const story = this.#told.get(target);
    if (story === undefined) return;
    const shape: StoryShape = stories[story.kind];
    if (shape.hasForeignHand !== true || this.#relapses.has(story.id)) return;
    this.#relapses.set(story.id, 0);
    this.#world.touch(target, foreignReplicas);
  }
}
