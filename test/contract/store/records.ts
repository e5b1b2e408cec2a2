import type { Alert } from '../../../src/alert/alert.ts';
import type { RunLaw } from '../../../src/ports/run-law.ts';
import type { IntakeBatch, IntakeEntry, Store } from '../../../src/ports/store.ts';
import { isTerminal, phases } from '../../../src/run/phase.ts';
import { runVersion, type Run } from '../../../src/run/run.ts';
import { enterPhase, mayGo } from '../../../src/run/transition.ts';
import { minute, start } from './harness.ts';

export const law: RunLaw = { version: runVersion, phases, isTerminal, mayGo };

export function firing(fingerprint: string, given: Partial<Alert> = {}): Alert {
  return {
    source: 'main',
    fingerprint,
    status: 'firing',
    labels: { alertname: 'HighLatency', pod: fingerprint },
    annotations: { summary: 'too slow' },
    startsAt: start - minute,
    ...given,
  };
}

export function resolved(fingerprint: string, given: Partial<Alert> = {}): Alert {
  return firing(fingerprint, { status: 'resolved', endsAt: start, ...given });
}

let made = 0;

export function entry(alert: Alert, given: Partial<IntakeEntry> = {}): IntakeEntry {
  made += 1;
  return {
    alert,
    rule: 'slow',
    subject: 'kubernetes/default/shop/deployment.apps/web',
    params: 'p1',
    flap: 5 * minute,
    newIncident: `inc${made}`,
    ...given,
  };
}

export function batch(entries: readonly IntakeEntry[], given: Partial<IntakeBatch> = {}): IntakeBatch {
  made += 1;
  return { notification: `n${made}`, source: 'main', receivedAt: start, tombstone: 10 * minute, entries, unmatched: [], ...given };
}

export function runOf(id: string, given: Partial<Run> = {}): Run {
  return {
    version: runVersion,
    id,
    kind: 'remediation',
    incident: id.replace(/-\d+$/, ''),
    rule: 'slow',
    definition: 'd1',
    rulebook: 'b1',
    source: 'main',
    subject: 'kubernetes/default/shop/deployment.apps/web',
    mode: 'auto',
    phase: 'queued',
    reason: 'HighLatency matched rule slow',
    attempt: Number(/-(\d+)$/.exec(id)?.[1] ?? 1),
    alert: { source: 'main', fingerprint: 'f1', labels: { alertname: 'HighLatency' }, annotations: {}, startsAt: start },
    rung: 0,
    rungs: [],
    decisions: [],
    charged: false,
    createdAt: start,
    updatedAt: start,
    expiresAt: start + 60 * minute,
    ...given,
  };
}

/** Opens an incident with one member and gives it a first run. */
export async function openWithRun(store: Store, given: Partial<Run> = {}): Promise<{ incident: string; run: Run }> {
  const { outcomes } = await store.intake(batch([entry(firing('f1'))]));
  const incident = outcomes[0]?.incident ?? '';
  const run = runOf(`${incident}-1`, given);
  await store.createRuns([{ run, entries: [{ type: 'run-created', run: run.id, incident, rule: run.rule, data: {} }] }]);
  return { incident, run };
}

/** Claims a run, which must be free. */
export async function claimed(store: Store, run: string, lease = 10_000): Promise<number> {
  const claim = await store.claim(run, 'worker', lease);
  if (claim.outcome !== 'claimed') throw new Error(`run ${run} could not be claimed: ${claim.outcome}`);
  return claim.fence;
}

export function inPhase(run: Run, ...way: readonly Run['phase'][]): Run {
  return way.reduce((before, phase) => enterPhase(before, phase, { reason: `to ${phase}`, at: start }), run);
}

/** Ends a queued run. */
export async function end(store: Store, run: Run): Promise<void> {
  const fence = await claimed(store, run.id);
  await store.commit({ run: inPhase(run, 'superseded'), fence, entries: [] });
}
