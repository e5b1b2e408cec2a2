import type { Signal } from '../ports/store.ts';
import type { Engine } from './engine.ts';
import { endEarly } from './end-early.ts';
import { finish } from './finish.ts';
import { entryOf, hasActed, type Stint } from './stint.ts';

/** Takes up what people asked for; true when the run has been ended or moved by it. */
export async function takeUpSignals(engine: Engine, stint: Stint): Promise<boolean> {
  const { held } = stint;
  for (const signal of held.takeSignals()) {
    if (await takeUp(engine, stint, signal)) return true;
  }
  return false;
}

async function takeUp(engine: Engine, stint: Stint, signal: Signal): Promise<boolean> {
  const { held } = stint;
  const { run } = held;
  switch (signal.kind) {
    case 'cancel':
      await endEarly(engine, stint, {
        phase: 'cancelled',
        reason: `cancelled by ${signal.by}: ${signal.reason}`,
        entries: [personActed(stint, signal)],
      });
      return true;
    case 'approve':
    case 'deny': {
      // An answer to a plan that is no longer the one shown does not count.
      if (
        run.phase !== 'awaiting-approval' ||
        run.approval === undefined ||
        (signal.plan !== undefined && signal.plan !== run.approval.plan) ||
        held.now >= run.approval.expiresAt
      )
        return false;
      if (signal.kind === 'deny') {
        const reason = `denied by ${signal.by}: ${signal.reason}`;
        await finish(engine, stint, { phase: 'denied', reason, entries: [personActed(stint, signal)], guard: 'approval' });
        return true;
      }
      const answer = { approved: true, by: signal.by, reason: signal.reason, at: signal.at };
      // What a person has taken their time for is not given up a moment after.
      const expiresAt = Math.max(run.expiresAt, held.now + engine.timing.runLife);
      await held.enter('planning', `approved by ${signal.by}: ${signal.reason}`, {
        run: { ...run, expiresAt, approval: { ...run.approval, answer } },
        entries: [personActed(stint, signal)],
      });
      return true;
    }
    case 'undo': {
      if (run.kind !== 'undo' || run.waiting?.guard !== 'resolved') return false;
      const order = { cause: 'person' as const, afterMs: 0 };
      await held.enter('undoing', `asked for by ${signal.by}: ${signal.reason}`, {
        run: { ...run, undo: order },
        entries: [personActed(stint, signal)],
      });
      return true;
    }
    case 'taken-over': {
      if (run.undo?.cause !== 'resolved' || hasActed(run)) return false;
      await finish(engine, stint, { phase: 'superseded', reason: `${signal.by} takes back this change and a later one` });
      return true;
    }
    case 'acknowledge':
    case 'members':
      return false;
  }
}

function personActed({ held }: Stint, signal: Exclude<Signal, { kind: 'members' | 'taken-over' }>) {
  const type = signal.kind === 'approve' || signal.kind === 'deny' ? 'approval-answered' : 'person-acted';
  return entryOf(held.run, type, { kind: signal.kind, by: signal.by, reason: signal.reason });
}
