import type { WebhookMessage } from '../alert/webhook-message.ts';
import type { PersonalAct, Role } from '../pipeline/act-on-run.ts';
import type { Explanation } from '../pipeline/explain.ts';
import type { ReplayRequest } from '../pipeline/replay.ts';
import type { Wisher } from '../pipeline/within.ts';

/** The rulebook after a reload; `problems` are its warnings, one line each. */
export interface Reloaded {
  readonly hash: string;
  readonly rules: number;
  readonly problems: readonly string[];
}

/** What somebody wants, and why. */
type Wish = Wisher & { readonly reason: string };

/** What people can ask the service to do; it answers or throws coded errors. */
export interface Operations {
  act(kind: PersonalAct, run: string, wish: Wish & { readonly role?: Role }): Promise<void>;
  /** Gives a demoted rule its mode back; throws `rule.unknown` or `rule.not-demoted`. */
  restore(rule: string, wish: Wish): Promise<void>;
  /** Which rules are demoted, by name. */
  demotions(): Promise<ReadonlyMap<string, { readonly since: number; readonly reason: string }>>;
  /** Answers the id of the run that takes the changes back. */
  undo(run: string, wish: Wish): Promise<string>;
  /** A pause was lifted: runs that waited for it need not wait for their next look. */
  pauseLifted(): Promise<void>;
  replay(request: ReplayRequest): Promise<{ readonly notification: string; readonly runs: readonly string[] }>;
  explain(message: WebhookMessage, source: string): Promise<Explanation>;
  /** Throws `rules.invalid` with `details.problems`; the old rulebook then stays. */
  reload(by: string): Promise<Reloaded>;
}
