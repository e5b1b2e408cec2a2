import { FixpointError } from '../errors.ts';
import { isTerminal } from '../run/phase.ts';
import { ledgerKeys } from '../guards/ledger-keys.ts';
import type { Run } from '../run/run.ts';
import { parseTarget } from '../value/target.ts';
import { urgencyOf } from './dispatch.ts';
import type { Engine } from './engine.ts';

/** What a person can ask of a run. */
export type PersonalAct = 'approve' | 'deny' | 'cancel' | 'acknowledge';

/** Hands a person's wish to the run; whoever holds it takes it up, before its next mutating request at the latest. */
export async function actOnRun(engine: Engine, id: string, wish: { kind: PersonalAct; by: string; reason: string }): Promise<void> {
  const stored = await engine.store.run(id);
  if (stored === undefined) throw new FixpointError('run.unknown', `there is no run ${id}`);
  const { run } = stored;
  const { kind, by, reason } = wish;
  if (kind === 'acknowledge') return await acknowledge(engine, run, { by, reason });
  if (isTerminal(run.phase)) throw new FixpointError('run.conflict', `run ${id} has ended already: ${run.phase}`);
  const at = await engine.store.time();
  if (kind === 'cancel') {
    await engine.store.signal(id, { kind, by, reason, at });
  } else {
    if (run.phase !== 'awaiting-approval' || run.approval === undefined) {
      throw new FixpointError('run.conflict', `run ${id} is ${run.phase}; only a run that is awaiting-approval can be approved or denied`);
    }
    await engine.store.signal(id, { kind, by, reason, at, plan: run.approval.plan });
  }
  // A message of its own: the one of the record may be waiting for the approval to expire.
  await engine.dispatches.add({ id: `${id}-${engine.ids.next()}`, data: { run: id }, urgency: urgencyOf(run.alert.labels) });
}

/** A person has seen it: the incident may call again, and targets whose state was unknown are free. */
async function acknowledge(engine: Engine, run: Run, { by, reason }: { by: string; reason: string }): Promise<void> {
  await engine.store.acknowledge(run.incident, by, reason);
  if (run.phase !== 'interrupted') return;
  const targets = run.rungs.flatMap((rung) => rung.steps.map((step) => (step.target === undefined ? undefined : parseTarget(step.target))));
  await engine.ledger.release(run.id, targets.filter((target) => target !== undefined).map(ledgerKeys.lock));
}
