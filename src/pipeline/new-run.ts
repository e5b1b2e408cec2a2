import type { Alert } from '../alert/alert.ts';
import type { CompiledRule } from '../rule/compiled-rule.ts';
import type { Mode } from '../rule/mode.ts';
import { strictestMode } from '../rule/mode.ts';
import type { JournalEntry } from '../run/journal-entry.ts';
import { runVersion, type Run } from '../run/run.ts';
import type { Duration } from '../value/duration.ts';
import { recordEntry } from './record-entry.ts';

/** What a new run is made of. `at` is store time, ms; `mode` is a ceiling over the rule's. */
export interface NewRun {
  readonly rule: CompiledRule;
  readonly rulebook: string;
  readonly alert: Alert;
  readonly incident: string;
  readonly subject: string;
  readonly attempt: number;
  readonly at: number;
  readonly life: Duration;
  readonly speed: number;
  readonly mode?: Mode;
  readonly replayOf?: string;
  readonly siblings?: Run['siblings'];
  readonly requestedBy?: string;
  readonly trace?: string;
  readonly follows?: string;
}

/** A queued run and the journal entry of its making. Nothing has been read or rendered yet. */
export function newRun({ rule, alert, at, life, ...given }: NewRun): { run: Run; entries: readonly JournalEntry[] } {
  const mode = strictestMode(rule.modeFor(alert), ...(given.mode === undefined ? [] : [given.mode]));
  const run: Run = {
    version: runVersion,
    id: `${given.incident}-${given.attempt}`,
    kind: 'remediation',
    incident: given.incident,
    rule: rule.name,
    definition: rule.hash,
    rulebook: given.rulebook,
    source: alert.source,
    subject: given.subject,
    mode,
    phase: 'queued',
    reason: `${alert.labels['alertname'] ?? 'an alert'} matched rule ${rule.name}`,
    attempt: given.attempt,
    alert: {
      source: alert.source,
      fingerprint: alert.fingerprint,
      labels: alert.labels,
      annotations: alert.annotations,
      startsAt: alert.startsAt,
    },
    ...(alert.labels['severity'] ? {} : { severity: rule.escalate.severity }),
    rung: 0,
    rungs: [],
    decisions: [],
    charged: false,
    createdAt: at,
    updatedAt: at,
    expiresAt: at + life,
    ...(given.siblings === undefined ? {} : { siblings: given.siblings }),
    ...(given.replayOf === undefined ? {} : { replayOf: given.replayOf }),
    ...(given.requestedBy === undefined ? {} : { requestedBy: given.requestedBy }),
    ...(given.speed === 1 ? {} : { speed: given.speed }),
    ...(given.trace === undefined ? {} : { trace: given.trace }),
    ...(given.follows === undefined ? {} : { follows: given.follows }),
  };
  const data = { mode, attempt: run.attempt, subject: run.subject, fingerprint: alert.fingerprint };
  return { run, entries: [recordEntry('run-created', run, data)] };
}

/** The alert a run is about, as guards, checks and templates see it. */
export function alertOf(run: Run): Alert {
  return { ...run.alert, status: 'firing' };
}

/** What ties a run's trace to that of a run before it: the webhook's, over as many attempts as there were. */
export function followed(before: Run | undefined): { readonly follows?: string } {
  const follows = before?.trace ?? before?.follows;
  return follows === undefined ? {} : { follows };
}
