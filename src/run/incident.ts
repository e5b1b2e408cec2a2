import type { Alert } from '../alert/alert.ts';

/** Rule + subject, open from the first member alert firing until all are resolved and a flap window has passed. */
export interface Incident {
  readonly id: string;
  readonly rule: string;
  readonly subject: string;
  readonly source: string;
  readonly state: 'open' | 'closed';
  readonly openedAt: number;
  readonly closedAt?: number;
  /** Number of the newest attempt, 0 before the first. */
  readonly attempt: number;
  /** Id of the live run, if any. */
  readonly run?: string;
  /** Id of the newest ended run and how it ended. */
  readonly lastRun?: { readonly id: string; readonly phase: string; readonly at: number };
  /** Hash of the parameters the opening member rendered; members that render others are ambiguous. */
  readonly params: string;
  readonly members: readonly Member[];
  readonly firing: number;
  /** When the incident closes unless a member fires again; only while none fires. */
  readonly closesAt?: number;
  /** When the last member alert was received, and thus evidence of receipt. */
  readonly seenAt: number;
  /** When a person was called about it last; absent again when a later attempt succeeded. */
  readonly escalatedAt?: number;
  readonly acknowledgedAt?: number;
}

/** One alert of an incident. The incident keeps a bounded number of full ones; all are counted. */
export interface Member {
  readonly alert: Alert;
  readonly seenAt: number;
  readonly endedAt?: number;
}
