import { FixpointError, messageOf } from '../errors.ts';
import type { OutboxMessage } from '../ports/people-store.ts';
import type { Claim, CommitResult, NewRun, Signal } from '../ports/store.ts';
import type { Incident } from '../run/incident.ts';
import type { JournalEntry } from '../run/journal-entry.ts';
import { isTerminal, type Phase } from '../run/phase.ts';
import { runVersion, type Run } from '../run/run.ts';
import { enterPhase } from '../run/transition.ts';
import { urgencyOf } from '../value/urgency.ts';
import type { Engine } from './engine.ts';
import { recordEntry } from './record-entry.ts';

/** What a commit says besides the run itself. */
export interface CommitExtras {
  readonly entries?: readonly JournalEntry[];
  readonly release?: { readonly wakeAt?: number };
  readonly outbox?: readonly OutboxMessage[];
  readonly incidentWakeAt?: number;
  readonly creates?: readonly NewRun[];
}

/**
 * A run under this worker's lease: the only way to change it. It renews the lease, and its signal aborts when the lease is
 * lost, so that everything under way stops.
 */
export class HeldRun {
  readonly incident: Incident | undefined;
  readonly fence: number;
  readonly #engine: Engine;
  readonly #lost = new AbortController();
  readonly #heartbeat: { stop(): void };
  #run: Run;
  #signals: readonly Signal[];
  #taken = 0;
  #time: { readonly store: number; readonly local: number };
  #released = false;
  #locks: readonly string[] = [];

  constructor(engine: Engine, claim: Extract<Claim, { outcome: 'claimed' }>) {
    this.#engine = engine;
    this.incident = claim.incident;
    this.fence = claim.fence;
    this.#run = claim.stored.run;
    this.#signals = claim.stored.signals;
    this.#time = { store: claim.time, local: engine.clock.now() };
    this.#heartbeat = engine.clock.every(engine.timing.lease / 4, () => void this.#renew());
  }

  get run(): Run {
    return this.#run;
  }

  /** Store time now, ms: the store's last word plus what has passed here since. */
  get now(): number {
    return this.#time.store + Math.max(0, this.#engine.clock.now() - this.#time.local);
  }

  /** What people asked for since the last call; the next commit takes it off the record. */
  takeSignals(): readonly Signal[] {
    const fresh = this.#signals.slice(this.#taken);
    this.#taken = this.#signals.length;
    return fresh;
  }

  get hasSignals(): boolean {
    return this.#signals.length > this.#taken;
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  get released(): boolean {
    return this.#released;
  }

  /** Locks that the heartbeat keeps alive while the run is held. */
  keepLocks(locks: readonly string[]): void {
    this.#locks = locks;
  }

  /** Writes the run as it is in `run`, atomically with its journal; throws `run.stale-fence` when another has it, or it was given up. */
  async commit(run: Run, extras: CommitExtras = {}): Promise<void> {
    // What came of being cut off says nothing of the run, even while the lease is still ours.
    this.signal.throwIfAborted();
    // What this version writes, an older one may not understand.
    const next = { ...run, version: Math.max(run.version, runVersion), updatedAt: this.now };
    const result: CommitResult = await this.#engine.store.commit({
      run: next,
      fence: this.fence,
      entries: [...(extras.entries ?? []), ...(isTerminal(next.phase) ? [recordEntry('run-ended', next)] : [])],
      signalsTaken: this.#taken,
      ...(extras.release === undefined ? {} : { release: extras.release }),
      ...(extras.outbox === undefined ? {} : { outbox: extras.outbox }),
      ...(extras.incidentWakeAt === undefined ? {} : { incidentWakeAt: extras.incidentWakeAt }),
      ...(extras.creates === undefined ? {} : { creates: extras.creates }),
    });
    if (result.outcome === 'stale') {
      const error = new FixpointError('run.stale-fence', `run ${run.id} was taken over from ${this.#engine.worker} (fence ${this.fence})`);
      this.#lost.abort(error);
      throw error;
    }
    this.#run = next;
    this.#signals = this.#signals.slice(this.#taken);
    this.#taken = 0;
    this.#time = { store: result.time, local: this.#engine.clock.now() };
    if (extras.release === undefined) return;
    this.#released = true;
    this.stop();
    if (extras.release.wakeAt !== undefined) await this.#wake(result.sequence, extras.release.wakeAt - result.time);
  }

  /** Goes to a phase and commits; the journal gets the phase change after `extras.entries`. */
  async enter(phase: Phase, reason: string, { run = this.#run, ...extras }: CommitExtras & { run?: Run } = {}): Promise<void> {
    const next = phase === run.phase ? { ...run, reason } : enterPhase(run, phase, { reason, at: this.now });
    const change: JournalEntry = {
      type: 'phase-changed',
      run: run.id,
      incident: run.incident,
      rule: run.rule,
      data: { from: run.phase, to: phase, reason },
    };
    await this.commit(next, { ...extras, entries: [...(extras.entries ?? []), ...(phase === run.phase ? [] : [change])] });
    const told = { runId: run.id, rule: run.rule, phase, reason, subject: run.subject };
    if (phase === run.phase) this.#engine.log.debug(told, 'run goes on');
    else this.#engine.log.info(told, 'run changed phase');
  }

  /** Queued runs start without a write of their own: the next commit carries both changes. */
  begin(): void {
    const isUndo = this.#run.kind === 'undo';
    this.#run = enterPhase(this.#run, isUndo ? 'undoing' : 'planning', { reason: isUndo ? this.#run.reason : 'planning', at: this.now });
  }

  /** Waits for what `run.waiting` names, without a worker. */
  async wait(
    run: Run,
    {
      reason,
      entries,
      wakeAt,
      ...extras
    }: { reason: string; entries: readonly JournalEntry[]; wakeAt: number } & Pick<CommitExtras, 'creates' | 'outbox'>,
  ): Promise<void> {
    const { waiting } = run;
    const next = run.phase === 'waiting' ? { ...run, reason } : enterPhase(run, 'waiting', { reason, at: this.now });
    const change: JournalEntry = {
      type: 'phase-changed',
      run: run.id,
      incident: run.incident,
      rule: run.rule,
      data: { from: run.phase, to: 'waiting', reason },
    };
    const release = { wakeAt };
    const isNew = run.phase !== 'waiting';
    await this.commit(waiting === undefined ? next : { ...next, waiting }, {
      ...extras,
      entries: [...entries, ...(isNew ? [change] : [])],
      release,
    });
    if (isNew)
      this.#engine.log.info({ runId: run.id, rule: run.rule, phase: 'waiting', reason, subject: run.subject }, 'run changed phase');
  }

  /** Throws `run.stale-fence` unless the run is still this worker's. */
  async confirm(): Promise<void> {
    const renewed = await this.#engine.store.renew(this.#run.id, this.fence, this.#engine.timing.lease);
    if (renewed !== undefined) return;
    const error = new FixpointError(
      'run.stale-fence',
      `run ${this.#run.id} was taken over from ${this.#engine.worker} (fence ${this.fence})`,
    );
    this.#lost.abort(error);
    throw error;
  }

  /** Gives the run to whoever comes next, as it is. */
  async handBack(): Promise<void> {
    await this.commit(this.#run, { release: { wakeAt: this.now } });
    this.#engine.log.info({ runId: this.#run.id, rule: this.#run.rule, phase: this.#run.phase }, 'run handed back');
  }

  /** Stops what is under way; the lease runs out, and another worker finds out how far it came. */
  abandon(why: string): void {
    this.#lost.abort(new FixpointError('run.stale-fence', `run ${this.#run.id} was given up: ${why}`));
  }

  stop(): void {
    this.#heartbeat.stop();
  }

  /** A wake-up that gets lost is made good by the reconciler: the record says when it is due. */
  async #wake(sequence: number, delay: number): Promise<void> {
    const urgency = urgencyOf(this.#run);
    try {
      const id = `${this.#run.id}-${sequence}`;
      await this.#engine.dispatches.add({ id, data: { run: this.#run.id, sequence }, delay: Math.max(0, delay), urgency });
    } catch (error) {
      this.#engine.log.warn({ runId: this.#run.id, err: error }, 'wake-up could not be queued, the reconciler will do it');
    }
  }

  async #renew(): Promise<void> {
    try {
      const renewed = await this.#engine.store.renew(this.#run.id, this.fence, this.#engine.timing.lease);
      if (renewed === undefined) {
        this.#lost.abort(new FixpointError('run.stale-fence', `run ${this.#run.id} was taken over from ${this.#engine.worker}`));
        this.stop();
        return;
      }
      this.#signals = renewed.signals;
      if (this.#locks.length > 0) await this.#engine.ledger.extend(this.#run.id, this.#locks, this.#engine.timing.lease * 3);
    } catch (error) {
      this.#engine.log.warn({ runId: this.#run.id, reason: messageOf(error) }, 'lease could not be renewed');
    }
  }
}
