import type { JsonObject } from '../value/json.ts';
import type { Target } from '../value/target.ts';
import type { Mode } from './mode.ts';

/** Parameters as the member understands them, or all that is wrong with them. `path` leads into the parameters. */
export type ParsedParams =
  | { readonly params: unknown }
  | { readonly problems: readonly { readonly path: readonly (string | number)[]; readonly message: string }[] };

/** What loading rules has to know of an action; the catalogue of actions provides it. */
export interface ActionShape {
  readonly name: string;
  readonly effect: 'read' | 'converge' | 'once';
  /** The effect by the parameters as they are written, where that can differ. */
  effectOf?(written: JsonObject): ActionShape['effect'];
  /** The most it does by itself unless limits say otherwise. */
  readonly most?: Mode;
  /** The action whose `most` holds for it too, by the parameters as they are written. */
  doesAs?(written: JsonObject): string | undefined;
  /** It acts on the run alone and says nothing about what a rule is about. */
  readonly isAside?: boolean;
  /** It has to stand before any step that changes something. */
  readonly isForPlanning?: boolean;
  /** Parameters that may not have templates. */
  readonly literal?: readonly string[];
  readonly parameterNames: readonly string[];
  /** Where in its parameters, as they are written, PromQL stands. */
  queriesIn?(written: JsonObject): readonly (readonly string[])[];
  parse(params: unknown): ParsedParams;
  /** `params` are parsed ones; undefined where only planning finds the target. */
  target(params: unknown): Target | undefined;
}

/** What loading rules has to know of a check; the catalogue of checks provides it. */
export interface CheckShape {
  readonly name: string;
  /** Whether passing is evidence that things are well, and not only that the alert has gone. */
  readonly positive: boolean;
  readonly parameterNames: readonly string[];
  parse(params: unknown): ParsedParams;
}

export interface Shapes {
  readonly actions: ReadonlyMap<string, ActionShape>;
  readonly checks: ReadonlyMap<string, CheckShape>;
}
