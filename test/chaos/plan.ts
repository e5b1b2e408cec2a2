import { apiPoints, workerPoints, type Point } from './kill-points.ts';
import type { Moment } from './process/orders.ts';
import { SeededChance } from './seeded-chance.ts';
import { stories, type Story, type StoryKind } from './story.ts';

/** What kills. Durations in ms. */
export type Kill =
  /** The first process that comes to this point, by its own hand. */
  | { readonly kill: 'at-point'; readonly point: Point; readonly moment: Moment; readonly nth: number }
  /** Whoever causes the next change, by its target, before that answers. */
  | { readonly kill: 'at-effect' }
  | { readonly kill: 'worker'; readonly slot: number; readonly after: number }
  | { readonly kill: 'all-workers'; readonly after: number }
  | { readonly kill: 'api'; readonly after: number }
  | { readonly kill: 'redis'; readonly after: number; readonly down: number };

/** What disturbs without killing. */
export type Disturbance =
  | { readonly disturb: 'freeze'; readonly slot: number; readonly after: number; readonly lasts: number }
  /** The first worker that comes to this point. */
  | { readonly disturb: 'freeze-at-point'; readonly point: Point; readonly moment: Moment; readonly lasts: number }
  /** Whoever causes the next change, by its target, before that answers. */
  | { readonly disturb: 'freeze-at-effect'; readonly lasts: number }
  | {
      readonly disturb: 'network';
      readonly how: 'cut' | 'stall' | 'delay' | 'cut-answers';
      readonly way: 'redis' | 'world';
      readonly slot: number;
      readonly lasts: number;
    }
  /** Restarted with a clock that is wrong by so much; 0 is right again. */
  | { readonly disturb: 'clock'; readonly slot: number; readonly offset: number }
  /** Stopped well and replaced by the next version. */
  | { readonly disturb: 'redeploy'; readonly slot: number };

export interface Round {
  readonly number: number;
  readonly stories: readonly Story[];
  readonly kill: Kill;
  readonly disturbance?: Disturbance;
}

export interface PlanOptions {
  readonly seed: number;
  readonly workers: number;
  /** What half of the plan is about, for a sabotage that shows there. */
  readonly focus?: Focus;
}

export interface Focus {
  readonly story?: StoryKind;
  readonly kill?: Kill;
  readonly isFreezing?: true;
}

const minute = 60_000;
const moments = ['before', 'during', 'after'] as const;

/** Frozen between the permit and its request, a process acts late whatever it is: that window is documented, not tried. */
const freezePoints: readonly { point: Point; moment: Moment }[] = [
  { point: 'store.permit', moment: 'before' },
  { point: 'store.permit', moment: 'during' },
  { point: 'store.claim', moment: 'after' },
  { point: 'store.commit intent', moment: 'before' },
  { point: 'store.commit intent', moment: 'during' },
  { point: 'store.commit applied', moment: 'before' },
  { point: 'store.commit end', moment: 'before' },
  { point: 'ledger.acquire', moment: 'before' },
  { point: 'ledger.acquire', moment: 'during' },
  { point: 'evidence.standing', moment: 'after' },
];

/** The rounds of a seed, one after the other, without end; the same seed gives the same. */
export function* planOf({ seed, workers, focus = {} }: PlanOptions): Generator<Round, never> {
  const chance = new SeededChance(seed);
  const allPoints = [...workerPoints, ...apiPoints].flatMap((point) => moments.map((moment) => ({ point, moment })));
  let points: readonly { point: Point; moment: Moment }[] = [];
  for (let number = 1; ; number += 1) {
    const told = Array.from({ length: chance.between(1, 2) }, (_, index) => storyOf(chance, `r${number}-${index}`, focus.story));
    const disturbance =
      focus.isFreezing === true ? frozenAtPoint(chance) : chance.happens(0.4) ? disturbanceOf(chance, workers) : undefined;
    let kill: Kill;
    if (focus.kill !== undefined && chance.happens(0.5)) kill = focus.kill;
    else if (chance.happens(0.6)) {
      // Every point comes once before any comes again.
      if (points.length === 0) points = chance.shuffled(allPoints);
      const [next, ...rest] = points;
      points = rest;
      if (next === undefined) throw new RangeError('there are no points');
      kill = { kill: 'at-point', ...next, nth: chance.between(1, 2) };
    } else kill = otherKill(chance, workers);
    yield { number, stories: told, kill, ...(disturbance === undefined ? {} : { disturbance }) };
  }
}

function otherKill(chance: SeededChance, workers: number): Kill {
  const after = chance.between(0, 600);
  const what = chance.next();
  if (what < 0.25) return { kill: 'at-effect' };
  if (what < 0.6) return { kill: 'worker', slot: chance.between(0, workers - 1), after };
  if (what < 0.7) return { kill: 'all-workers', after };
  if (what < 0.8) return { kill: 'api', after };
  return { kill: 'redis', after, down: chance.between(0, 500) };
}

function disturbanceOf(chance: SeededChance, workers: number): Disturbance {
  const slot = chance.between(0, workers - 1);
  const what = chance.next();
  if (what < 0.15) return { disturb: 'freeze', slot, after: chance.between(0, 500), lasts: chance.between(1100, 2500) };
  if (what < 0.4) return frozenAtPoint(chance);
  if (what < 0.5) return { disturb: 'freeze-at-effect', lasts: chance.between(1100, 2500) };
  if (what < 0.8) {
    const how = chance.one(['cut', 'stall', 'delay', 'cut-answers'] as const);
    return { disturb: 'network', how, way: chance.one(['redis', 'world'] as const), slot, lasts: chance.between(100, 1200) };
  }
  if (what < 0.9) return { disturb: 'clock', slot, offset: chance.one([-10 * minute, 10 * minute, 0]) };
  return { disturb: 'redeploy', slot };
}

function frozenAtPoint(chance: SeededChance): Disturbance {
  return { disturb: 'freeze-at-point', ...chance.one(freezePoints), lasts: chance.between(1100, 2500) };
}

/** Kinds by weight. */
const hat: readonly StoryKind[] = (Object.keys(stories) as StoryKind[]).flatMap((kind) =>
  Array.from({ length: stories[kind].weight }, () => kind),
);

function storyOf(chance: SeededChance, id: string, focus: StoryKind | undefined): Story {
  const kind = focus !== undefined && chance.happens(0.5) ? focus : chance.one(hat);
  const first = chance.between(0, 100);
  const copies = chance.happens(0.3) ? [first + chance.between(0, 400)] : [];
  return {
    id: 'isProtected' in stories[kind] ? `kept-${id}` : id,
    kind,
    sent: [first, ...copies],
    resolved: chance.one(['once', 'once', 'twice', 'lost', 'early'] as const),
    resolvedAfter: chance.between(0, 400),
    lasts: chance.between(200, 1500),
    isCritical: chance.happens(0.3),
  };
}
