import type { Settled } from '../actions/action.ts';
import { messageOf } from '../errors.ts';
import type { RungRecord, StepRecord } from '../run/run.ts';
import { within } from './deadline.ts';
import type { Engine } from './engine.ts';
import { nextToApply } from './next-step.ts';
import { actionOf, readContext } from './plan-rung.ts';
import { failRung } from './climb.ts';
import { pollAfter } from './poll.ts';
import { compiledRung, currentRung, entryOf, inError, withRung, withStep, type Stint } from './stint.ts';
import { endUndoneRung } from './undone-rung.ts';

/** Asks the applied steps whether their effect is complete; verification begins when all are. Holds no worker meanwhile. */
export async function settleStage(engine: Engine, stint: Stint): Promise<void> {
  const { held } = stint;
  let rung = currentRung(stint);
  const waiting: string[] = [];
  for (const step of rung.steps.filter(({ state }) => state === 'applied')) {
    const settled = await askSettled(engine, stint, step);
    if (settled.settled === 'failed')
      return await failRung(
        engine,
        stint,
        inError(stint, rung, `step ${step.id} (${step.action}) will not take effect: ${settled.reason}`),
      );
    if (settled.settled)
      rung = withStep(rung, { ...step, state: 'settled', ...(settled.output === undefined ? {} : { output: settled.output }) });
    else waiting.push(`${step.id}: ${settled.reason}`);
  }
  if (waiting.length === 0) {
    const isOpen = held.run.kind !== 'undo' && nextToApply(rung) !== undefined;
    return isOpen ? await goOn(stint, rung) : await startVerifying(engine, stint, rung);
  }
  if (held.now >= (rung.settleUntil ?? 0))
    return await failRung(engine, stint, inError(stint, rung, `did not take effect in time: ${waiting.join('; ')}`));
  await held.enter(held.run.phase, waiting.join('; '), {
    run: withRung(held.run, rung),
    release: { wakeAt: held.now + pollAfter(held.now - (rung.effectAt ?? held.now)) },
  });
}

async function askSettled(engine: Engine, { held }: Stint, step: StepRecord): Promise<Settled> {
  const action = actionOf(engine, step.action);
  const { settled } = action;
  if (settled === undefined) return { settled: true };
  const limit = {
    clock: engine.clock,
    length: engine.timing.checkTimeout,
    what: `whether step ${step.id} has settled`,
    parent: held.signal,
  };
  try {
    return await within(limit, (signal) =>
      settled(step.intent as never, { ...readContext(engine, held.run, signal), output: step.output ?? null }),
    );
  } catch (error) {
    held.signal.throwIfAborted();
    return { settled: false, reason: messageOf(error) };
  }
}

/** What the rest of the rung waited for is there; the guards are asked again before it is applied. */
async function goOn(stint: Stint, rung: RungRecord): Promise<void> {
  const { held } = stint;
  delete stint.admitted;
  await held.enter('applying', `goes on with ${rung.remediation}`, {
    run: withRung(held.run, { ...rung, state: 'applying' }),
    entries: [entryOf(held.run, 'step-settled', { rung: held.run.rung })],
  });
}

async function startVerifying(engine: Engine, stint: Stint, rung: RungRecord): Promise<void> {
  const { held } = stint;
  if (held.run.kind === 'undo') return await endUndoneRung(stint, { ...rung, state: 'succeeded' });
  const verifyUntil = held.now + (compiledRung(stint)?.verify.within ?? 0) / engine.speed;
  const next: RungRecord = { ...rung, state: 'verifying', verifyUntil };
  await held.enter('verifying', `verifies ${rung.remediation}`, {
    run: withRung(held.run, next),
    entries: [entryOf(held.run, 'step-settled', { rung: held.run.rung })],
  });
}
