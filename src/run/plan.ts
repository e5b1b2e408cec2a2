import type { Json } from '../value/json.ts';

/** One from → to of a plan. `what` names the field for a person: `spec.replicas`. */
export interface Change {
  readonly what: string;
  readonly from: Json;
  readonly to: Json;
}

/** How to take an applied step back: a call of an action with literal parameters. */
export interface Inverse {
  readonly action: string;
  readonly with: { readonly [key: string]: Json };
}

/** The answer of an action's plan. An intent without changes is empty: applying it would change nothing. */
export interface Plan {
  /** All that apply needs, as plain JSON: absolute values, stamps, uids, preconditions. */
  readonly intent: Json;
  readonly changes: readonly Change[];
  /** The canonical target once reading has resolved it (a pod's controlling owner). */
  readonly target?: string;
  /**
   * Targets that are touched besides, such as the owners of evicted pods: guards ask whether they are protected, and neither lock nor
   * count them. What a pod among them says of itself has been read with the plan.
   */
  readonly affects?: readonly string[];
  readonly inverse?: Inverse;
  /** What a reading action read; a changing action may fill it with what it saw. */
  readonly output?: Json;
  /** Things a person should know before approving: an HPA that owns the count, a GitOps owner. */
  readonly notes?: readonly string[];
}
