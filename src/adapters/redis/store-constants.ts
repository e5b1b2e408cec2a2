import { namedHolders } from '../named-holders.ts';
import { defaultStoreLimits, refusedAge, type StoreLimits } from '../store-limits.ts';
import type { Constants } from './script.ts';

const day = 86_400_000;

/** The limits under the names the scripts know them by. */
export function storeConstants(given: Partial<StoreLimits> = {}): Constants {
  const limits = { ...defaultStoreLimits, ...given };
  return {
    RUNS: limits.runs,
    INCIDENTS: limits.incidents,
    RUN_AGE: limits.age,
    RUN_LIFE: limits.age + limits.incidentLife,
    INCIDENT_LIFE: limits.incidentLife,
    ALERT_LIFE: limits.incidentLife,
    UNMATCHED_LIFE: day,
    DEFINITION_LIFE: limits.age + limits.incidentLife,
    JOURNAL_LENGTH: limits.journal,
    JOURNAL_BYTES: limits.journalBytes,
    RUN_JOURNAL_LENGTH: 1000,
    TRIM_EVERY: 256,
    NOTES: limits.notifications,
    NOTE_BYTES: limits.notificationBytes,
    OUTBOX: limits.outbox,
    CALL_AGE: limits.age + limits.incidentLife,
    NOTICE_LIFE: limits.noticeLife,
    PAUSES: limits.pauses,
    FULL_MEMBERS: limits.fullMembers,
    REFUSED_MEMBERS: 1000,
    ALERT_INCIDENTS: 16,
    RECEIVERS: 100,
    REFUSED_AGE: refusedAge,
    SIGNALS: 100,
    ABSENT_TOMBSTONE: limits.absentTombstone,
    FIRST_WAKE: limits.firstWake,
    REDISPATCH: limits.redispatch,
    LIST_SCAN: 500,
    EXPIRY_MARGIN: 60_000,
    NAMED_HOLDERS: namedHolders,
  };
}
