import type { Target } from '../value/target.ts';
import { formatTarget } from '../value/target.ts';

/** The ledger's keys: one place, so that what a run's end starts is what an admission asks. */
export const ledgerKeys = {
  ruleCooldown: (rule: string, subject: string) => `cooldown/rule/${rule}/${subject}`,
  targetCooldown: (target: Target) => `cooldown/${formatTarget(target)}`,
  lock: (target: Target) => `lock/${formatTarget(target)}`,
  attempts: (incident: string) => `attempts/${incident}`,
  rate: (scope: 'rule' | 'target' | 'namespace' | 'global', name: string, window: number) => `rate/${scope}/${name}/${window}`,
  slot: (scope: 'rule' | 'source' | 'namespace' | 'global', name: string) => `slot/${scope}/${name}`,
  recurrence: (subject: string, window: number) => `recurrence/${subject}/${window}`,
  /** The flag of a rule that has used up a budget. */
  demoted: (rule: string) => `failures/${rule}`,
  failures: (rule: string, window: number) => `failures/${rule}/${window}`,
  blast: (rule: string, window: number) => `blast/${rule}/${window}`,
  /** The same as `blast`, by the limit of the deployment. */
  blastLimit: (rule: string, window: number) => `blast/${rule}/${window}/limit`,
  blastFailures: (rule: string, window: number) => `blast/${rule}/${window}/failed`,
  /** Subjects of a rule with a fleet that fell ill lately. */
  ill: (rule: string) => `ill/${rule}`,
} as const;
