/** What heals an illness: one of our effects, time, or nothing but the end of the harness. */
export type Cure = 'scale' | 'restart' | 'ring' | 'time' | 'nothing';

/** What one kind of story is: its alerts with what heals each, and what its rule promises (see `rules.ts`). */
export interface StoryShape {
  readonly alerts: readonly { readonly alertname: string; readonly cure: Cure }[];
  /** How often a plan chooses it. */
  readonly weight: number;
  /** Evidence about it fails: the guards have to deny. */
  readonly isBlind?: true;
  /** Its target is protected. */
  readonly isProtected?: true;
  /** Someone else changes its target while we plan. */
  readonly hasForeignHand?: true;
  /** Falls ill again so often after each cure. */
  readonly relapses?: number;
  /** The webhook comes long after the alert was over, and no `resolved` ever does. */
  readonly isStale?: true;
}

export const stories = {
  'helps': { alerts: [{ alertname: 'ChaosScale', cure: 'scale' }], weight: 4 },
  'ladder': { alerts: [{ alertname: 'ChaosLadder', cure: 'restart' }], weight: 3 },
  'two-steps': { alerts: [{ alertname: 'ChaosBoth', cure: 'restart' }], weight: 3 },
  'once': { alerts: [{ alertname: 'ChaosRing', cure: 'ring' }], weight: 2 },
  'once-in-vain': { alerts: [{ alertname: 'ChaosRing', cure: 'nothing' }], weight: 1 },
  'stubborn': { alerts: [{ alertname: 'ChaosStubborn', cure: 'nothing' }], weight: 1 },
  'heals-itself': { alerts: [{ alertname: 'ChaosScale', cure: 'time' }], weight: 2 },
  'contended': {
    alerts: [
      { alertname: 'ChaosContendedScale', cure: 'scale' },
      { alertname: 'ChaosContendedRestart', cure: 'restart' },
    ],
    weight: 2,
  },
  'limited': { alerts: [{ alertname: 'ChaosLimited', cure: 'scale' }], weight: 1 },
  'relapse': { alerts: [{ alertname: 'ChaosRelapse', cure: 'scale' }], weight: 1, relapses: 2 },
  'foreign-hand': { alerts: [{ alertname: 'ChaosScale', cure: 'scale' }], weight: 1, hasForeignHand: true },
  'undone-later': { alerts: [{ alertname: 'ChaosUndoneLater', cure: 'scale' }], weight: 2 },
  'undone-rung': { alerts: [{ alertname: 'ChaosUndoneRung', cure: 'restart' }], weight: 2 },
  'siblings': { alerts: [{ alertname: 'ChaosSiblings', cure: 'restart' }], weight: 1 },
  'approved': { alerts: [{ alertname: 'ChaosApprove', cure: 'scale' }], weight: 1 },
  'blind': { alerts: [{ alertname: 'ChaosScale', cure: 'nothing' }], weight: 1, isBlind: true },
  'protected': { alerts: [{ alertname: 'ChaosScale', cure: 'nothing' }], weight: 1, isProtected: true },
  'stale': { alerts: [{ alertname: 'ChaosScale', cure: 'nothing' }], weight: 1, isStale: true },
} as const satisfies Record<string, StoryShape>;

export type StoryKind = keyof typeof stories;

/** One story of a plan. Durations in ms. */
export interface Story {
  /** Names its target too: lower-case letters, digits and dashes. */
  readonly id: string;
  readonly kind: StoryKind;
  /** When each copy of the firing webhook is sent, from the story's begin. */
  readonly sent: readonly number[];
  /** What becomes of the resolved webhook; `early` comes before the firing one. */
  readonly resolved: 'once' | 'twice' | 'lost' | 'early';
  readonly resolvedAfter: number;
  /** Until it heals by itself; where time does not heal, until the harness ends it. */
  readonly lasts: number;
  readonly isCritical: boolean;
}
