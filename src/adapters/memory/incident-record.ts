import type { Alert } from '../../alert/alert.ts';
import type { Incident, Member } from '../../run/incident.ts';
import { byStart } from '../member-order.ts';
import { plainCopy } from './plain-copy.ts';

/** A member as the store has it; only some are kept in full. */
export interface MemberRecord {
  seenAt: number;
  endedAt?: number | undefined;
  alert?: Alert | undefined;
}

/** An incident as the store has it. */
export interface IncidentRecord {
  readonly id: string;
  readonly rule: string;
  readonly subject: string;
  readonly source: string;
  readonly params: string;
  readonly openedAt: number;
  /** By name of the alert. */
  readonly members: Map<string, MemberRecord>;
  /** Names of alerts that were refused. */
  readonly refused: Set<string>;
  /** Keys of the calls to people since the last acknowledgement. */
  readonly calls: Set<string>;
  state: 'open' | 'closed';
  flap: number;
  attempt: number;
  seenAt: number;
  closedAt?: number;
  closesAt?: number | undefined;
  run?: string | undefined;
  lastRun?: Incident['lastRun'];
  escalatedAt?: number;
  acknowledgedAt?: number;
  wakeAt?: number | undefined;
}

export function firingMembers(incident: IncidentRecord): number {
  return [...incident.members.values()].filter(({ endedAt }) => endedAt === undefined).length;
}

export function showIncident(incident: IncidentRecord): Incident {
  const {
    id,
    rule,
    subject,
    source,
    state,
    openedAt,
    closedAt,
    attempt,
    run,
    lastRun,
    params,
    closesAt,
    seenAt,
    escalatedAt,
    acknowledgedAt,
  } = incident;
  const members = [...incident.members.values()].flatMap(({ alert, ...member }): Member[] =>
    alert === undefined ? [] : [{ alert, ...member }],
  );
  const firing = firingMembers(incident);
  const shown = {
    id,
    rule,
    subject,
    source,
    state,
    openedAt,
    closedAt,
    attempt,
    run,
    lastRun,
    params,
    members: members.toSorted(byStart),
    firing,
    closesAt,
    seenAt,
    escalatedAt,
    acknowledgedAt,
  };
  return plainCopy(shown) as Incident;
}

/**
 * Whether one more alert may be kept in full, making room where needed by letting go of one that ended.
 */
export function makeRoom(incident: IncidentRecord, most: number): boolean {
  const full = [...incident.members].filter(([, { alert }]) => alert !== undefined);
  if (full.length < most) return true;
  const ended = full.find(([, { endedAt }]) => endedAt !== undefined);
  if (ended === undefined) return false;
  incident.members.delete(ended[0]);
  return true;
}
