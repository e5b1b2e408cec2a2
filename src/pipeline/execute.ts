import { codeOf, messageOf } from '../errors.ts';
import { ledgerKeys } from '../guards/ledger-keys.ts';
import type { CompiledRule } from '../rule/compiled-rule.ts';
import { isTerminal, type TerminalPhase } from '../run/phase.ts';
import type { Run } from '../run/run.ts';
import { mayGo } from '../run/transition.ts';
import { applyStage } from './apply-stage.ts';
import type { Dispatch, Engine } from './engine.ts';
import { escalationOf } from './escalation.ts';
import { endEarly } from './end-early.ts';
import { finish } from './finish.ts';
import { HeldRun } from './held-run.ts';
import { planStage } from './plan-stage.ts';
import { hasActed, targetsOf, type Stint } from './stint.ts';
import { settleStage } from './settle-stage.ts';
import { takeUpSignals } from './signals.ts';
import { undoStage } from './undo-stage.ts';
import { verifyStage } from './verify-stage.ts';
import { waitStage } from './wait-stage.ts';

/** How long a run whose rule nobody here knows is left to a worker that does, ms. */
const leaveToOthers = 5000;

/** Works on a run until it waits or ends. Dispatches may come twice or too late: what the record says is done, and only under a lease. */
export async function execute(engine: Engine, dispatch: Dispatch, signal?: AbortSignal): Promise<void> {
  // What a process that stops does not take up, the reconciler of another does.
  if (isStopping(engine)) return;
  const claim = await engine.store.claim(dispatch, engine.worker, engine.timing.lease);
  if (claim.outcome !== 'claimed') return;
  const held = new HeldRun(engine, claim);
  const abandon = () => held.abandon('the process stops');
  signal?.addEventListener('abort', abandon, { once: true });
  try {
    const rule = await definitionOf(engine, held);
    if (rule === undefined) return await leave(engine, held);
    const stint: Stint = { held, rule };
    while (!held.released) {
      if (isStopping(engine) && !isMidStep(held.run)) return await held.handBack();
      await advance(engine, stint);
    }
  } catch (error) {
    await giveUp(engine, held, error);
  } finally {
    held.stop();
    signal?.removeEventListener('abort', abandon);
  }
}

function isStopping({ stopping }: Engine): boolean {
  return stopping?.aborted === true;
}

/** A step is marked as begun: whoever came next would have to find out whether it was. */
function isMidStep(run: Run): boolean {
  return run.rungs.some((rung) => rung.steps.some(({ state }) => state === 'applying'));
}

/** The rule the run keeps; undefined where this worker has none that it understands. */
async function definitionOf(engine: Engine, { run }: HeldRun): Promise<CompiledRule | undefined> {
  try {
    return await engine.definition(run.definition);
  } catch (error) {
    if (codeOf(error) === 'store.unavailable') throw error;
    engine.log.error({ runId: run.id, rule: run.rule, err: error }, 'the rule of this run cannot be read here');
    return undefined;
  }
}

/** Left to a worker that knows the rule; ended with a call to a person when none came by in time. */
async function leave(engine: Engine, held: HeldRun): Promise<void> {
  const { run } = held;
  engine.log.error({ runId: run.id, rule: run.rule }, 'nobody here knows the rule of this run');
  if (held.now < run.expiresAt) return await held.commit(run, { release: { wakeAt: held.now + leaveToOthers } });
  const reason = 'no worker knew its rule in time';
  const isOpen = isMidStep(run);
  const phase = isOpen && mayGo(run.phase, 'interrupted') ? 'interrupted' : 'expired';
  const locks = run.rungs.flatMap((rung) => targetsOf(rung)).map(ledgerKeys.lock);
  if (phase === 'interrupted') await engine.ledger.quarantine(run.id, locks);
  const escalation = escalationOf({ ...run, phase, reason }, { severity: 'critical' });
  await held.enter(phase, reason, { release: {}, outbox: escalation === undefined ? [] : [escalation] });
}

/** One stage; every stage commits, and the last one of a stretch releases the run. */
async function advance(engine: Engine, stint: Stint): Promise<void> {
  const { held } = stint;
  if (await takeUpSignals(engine, stint)) return;
  if (await endIfOver(engine, stint)) return;
  switch (held.run.phase) {
    case 'queued':
      if (held.run.mode === 'observe')
        return await finish(engine, stint, { phase: 'observed', reason: `mode observe: ${held.run.reason}` });
      return held.begin();
    case 'planning':
      return await planStage(engine, stint);
    case 'awaiting-approval':
      return await held.commit(held.run, { release: { wakeAt: held.run.approval?.expiresAt ?? held.run.expiresAt } });
    case 'waiting':
      return await waitStage(engine, stint);
    case 'applying':
      return await applyStage(engine, stint);
    case 'settling':
      return await settleStage(engine, stint);
    case 'verifying':
      return await verifyStage(engine, stint);
    case 'undoing':
      return await undoStage(engine, stint);
    default:
      return await finish(engine, stint, { phase: 'failed', reason: `phase ${held.run.phase} has no stage` });
  }
}

/** Ends runs whose time is over, and runs that have not acted and whose alert or rule has gone. */
async function endIfOver(engine: Engine, stint: Stint): Promise<boolean> {
  const { held } = stint;
  const { run } = held;
  const hasBegun = run.phase === 'applying' || run.phase === 'settling' || run.phase === 'verifying';
  if (hasBegun || (run.phase === 'undoing' && isUnderWay(run))) return false;
  if (run.phase === 'awaiting-approval' && run.approval !== undefined && held.now >= run.approval.expiresAt) {
    await finish(engine, stint, { phase: 'expired', reason: 'nobody answered in time' });
    return true;
  }
  if (held.now >= run.expiresAt) {
    await endEarly(engine, stint, { phase: 'expired', reason: `it could not go on in time: ${run.reason}` });
    return true;
  }
  // What an undo run takes back has been done: neither the alert's end nor the rule's makes it pointless.
  if (hasActed(run) || run.kind === 'undo') return false;
  if (held.incident?.firing === 0 && run.replayOf === undefined) {
    await finish(engine, stint, { phase: 'superseded', reason: 'every alert of the incident has been resolved' });
    return true;
  }
  if (engine.rulebook().rule(run.rule) === undefined) {
    await finish(engine, stint, { phase: 'superseded', reason: `rule ${run.rule} has been removed` });
    return true;
  }
  return false;
}

function isUnderWay(run: Run): boolean {
  const state = run.rungs[run.rung]?.state;
  return state === 'applying' || state === 'settling';
}

/** A bug ends its run, not the process; a lost lease or an unreachable store leaves the run to whoever comes next. */
async function giveUp(engine: Engine, held: HeldRun, error: unknown): Promise<void> {
  const lost = held.signal.aborted || codeOf(error) === 'run.stale-fence' || codeOf(error) === 'store.unavailable';
  if (lost) {
    engine.log.warn({ runId: held.run.id, code: codeOf(error), reason: messageOf(error) }, 'run given up, another worker goes on');
    return;
  }
  engine.log.error({ runId: held.run.id, rule: held.run.rule, err: error }, 'run stopped by an error');
  const rule = await definitionOf(engine, held);
  if (rule === undefined || isTerminal(held.run.phase)) return;
  const wanted: readonly TerminalPhase[] = hasActed(held.run) ? ['interrupted', 'failed', 'expired'] : ['failed', 'expired'];
  const phase = wanted.find((candidate) => mayGo(held.run.phase, candidate)) ?? 'expired';
  await finish(engine, { held, rule }, { phase, reason: messageOf(error) });
}
