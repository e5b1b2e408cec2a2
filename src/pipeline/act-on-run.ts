import { FixpointError } from '../errors.ts';
import { isTerminal } from '../run/phase.ts';
import { ledgerKeys } from '../guards/ledger-keys.ts';
import type { Run } from '../run/run.ts';
import { parseTarget } from '../value/target.ts';
import { urgencyOf } from '../value/urgency.ts';
import { effectiveSettings } from './effective-settings.ts';
import type { Engine } from './engine.ts';
import { lateAsker } from './late-asker.ts';
import { assertRunWithin, type Wisher } from './within.ts';

/** What a person can ask of a run. */
export type PersonalAct = 'approve' | 'deny' | 'cancel' | 'acknowledge';

interface Wish extends Wisher {
  readonly kind: PersonalAct;
  readonly reason: string;
  /** Of the person; undefined where nobody has one. */
  readonly role?: Role;
}

/** In growing power; as far as approvals tell them apart. */
export type Role = 'operator' | 'admin';

/** Hands a person's wish to the run; whoever holds it takes it up, before its next mutating request at the latest. */
export async function actOnRun(engine: Engine, id: string, wish: Wish): Promise<void> {
  const { kind, by, reason } = wish;
  // The targets of an interrupted run stay locked also when Redis has dropped its record: history still knows them.
  const run = (await engine.store.run(id))?.run ?? (kind === 'acknowledge' ? await engine.past?.(id) : undefined);
  if (run === undefined) throw new FixpointError('run.unknown', `there is no run ${id}`);
  assertRunWithin(run, wish);
  if (kind === 'acknowledge') return await acknowledge(engine, run, { by, reason });
  if (isTerminal(run.phase)) throw new FixpointError('run.conflict', `run ${id} has ended already: ${run.phase}`);
  const at = await engine.store.time();
  if (kind === 'cancel') {
    await engine.store.signal(id, { kind, by, reason, at });
  } else {
    if (run.phase !== 'awaiting-approval' || run.approval === undefined) {
      throw new FixpointError('run.conflict', `run ${id} is ${run.phase}; only a run that is awaiting-approval can be approved or denied`);
    }
    if (at >= run.approval.expiresAt)
      throw new FixpointError('run.conflict', `the question of run ${id} has expired; it can no longer be answered`);
    await mayAnswer(engine, run, wish);
    await engine.store.signal(id, { kind, by, reason, at, plan: run.approval.plan });
  }
  // A message of its own: the one of the record may be waiting for the approval to expire.
  await engine.dispatches.add({ id: `${id}-${engine.ids.next()}`, data: { run: id }, urgency: urgencyOf(run) });
}

/** Throws `auth.forbidden` where the rule wants another person's yes than this one's. A no may come from anyone. */
async function mayAnswer(engine: Engine, run: Run, { kind, by, role }: Wish): Promise<void> {
  if (kind !== 'approve') return;
  const rule = await engine.definition(run.definition);
  if (rule === undefined)
    throw new FixpointError('run.conflict', `nobody here knows the rule of run ${run.id}, and so who may approve it; another process may`);
  const settings = effectiveSettings(engine.limits, rule, engine.rulebook().rule(run.rule)).approval;
  if (settings?.role === 'admin' && role === 'operator')
    throw new FixpointError('auth.forbidden', `rule ${run.rule} wants an admin's approval; ${by} is an operator`);
  if (settings?.fourEyes === true && run.requestedBy === by)
    throw new FixpointError('auth.forbidden', `${by} asked for run ${run.id}; with fourEyes another person has to approve it`);
}

/** A person has seen it: the incident may call again, and targets whose state was unknown are free. */
async function acknowledge(engine: Engine, run: Run, { by, reason }: { by: string; reason: string }): Promise<void> {
  await engine.store.acknowledge(run.incident, by, reason);
  if (run.phase !== 'interrupted') return;
  const targets = run.rungs.flatMap((rung) => rung.steps.map((step) => (step.target === undefined ? undefined : parseTarget(step.target))));
  await engine.ledger.settle(run.id, targets.filter((target) => target !== undefined).map(ledgerKeys.lock), lateAsker);
}
