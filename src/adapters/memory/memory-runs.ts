import { FixpointError } from '../../errors.ts';
import type { RunLaw } from '../../ports/run-law.ts';
import type { Commit, CommitResult, DueRun, RunFilter, Signal, StoredRun } from '../../ports/store.ts';
import type { JournalEntry } from '../../run/journal-entry.ts';
import type { Phase } from '../../run/phase.ts';
import type { Run } from '../../run/run.ts';
import { readCursor, writeCursor } from '../../value/run-cursor.ts';
import type { StoreLimits } from '../store-limits.ts';
import { plainCopy } from './plain-copy.ts';
import { urgencyOf } from '../../value/urgency.ts';

export interface RunRecord {
  run: Run;
  sequence: number;
  signals: Signal[];
  fence: number;
  leaseUntil: number;
  wakeAt?: number | undefined;
  endedAt?: number;
  cancelledBy?: string;
}

export interface MemoryRunsOptions {
  readonly law: RunLaw;
  readonly limits: StoreLimits;
  readonly write: (entries: readonly JournalEntry[], at: number) => void;
  readonly forget: (run: string) => void;
}

const mostSignals = 100;

/** Runs; every method is one atomic step at the time given. */
export class MemoryRuns {
  readonly records = new Map<string, RunRecord>();
  readonly #options: MemoryRunsOptions;
  #fence = 0;

  constructor(options: MemoryRunsOptions) {
    this.#options = options;
  }

  create(run: Run, entries: readonly JournalEntry[], { now, wakeAt }: { now: number; wakeAt: number | undefined }): void {
    this.records.set(run.id, {
      run: plainCopy(run),
      sequence: 0,
      signals: [],
      fence: 0,
      leaseUntil: 0,
      wakeAt: wakeAt ?? now + this.#options.limits.firstWake,
    });
    this.#options.write(entries, now);
  }

  claim(
    { run: id, sequence }: { readonly run: string; readonly sequence?: number },
    lease: number,
    now: number,
  ):
    | { outcome: 'missing' | 'ended' | 'moved-on' | 'newer-version' }
    | { outcome: 'held'; until: number }
    | { outcome: 'claimed'; record: RunRecord } {
    const record = this.records.get(id);
    if (record === undefined) return { outcome: 'missing' };
    if (record.endedAt !== undefined) return { outcome: 'ended' };
    if (record.run.version > this.#options.law.version) return { outcome: 'newer-version' };
    if (sequence !== undefined && sequence !== record.sequence) return { outcome: 'moved-on' };
    if (record.leaseUntil > now) return { outcome: 'held', until: record.leaseUntil };
    this.#fence += 1;
    record.fence = this.#fence;
    record.leaseUntil = now + lease;
    record.wakeAt = record.leaseUntil;
    return { outcome: 'claimed', record };
  }

  renew(id: string, fence: number, { lease, now }: { lease: number; now: number }): readonly Signal[] | undefined {
    const record = this.#held(id, fence, now);
    if (record === undefined) return undefined;
    record.leaseUntil = Math.max(record.leaseUntil, now + lease);
    record.wakeAt = record.leaseUntil;
    return plainCopy(record.signals);
  }

  commit({ run, fence, entries, signalsTaken = 0, release }: Commit, now: number): CommitResult {
    const record = this.#held(run.id, fence, now);
    if (record === undefined) return { outcome: 'stale' };
    const { law, limits } = this.#options;
    const from = record.run.phase;
    const mayStay = from === run.phase && !law.isTerminal(from);
    if (!mayStay && !law.mayGo(from, run.phase)) {
      throw new FixpointError('run.illegal-transition', `run ${run.id} cannot go from ${from} to ${run.phase}`);
    }
    record.run = plainCopy(run);
    record.sequence += 1;
    record.signals = record.signals.slice(signalsTaken);
    this.#options.write(entries, now);
    if (law.isTerminal(run.phase)) {
      record.leaseUntil = 0;
      record.wakeAt = undefined;
      record.endedAt = now;
      record.signals = [];
      this.trim(limits.runs, Number.NEGATIVE_INFINITY);
    } else if (release !== undefined) {
      record.leaseUntil = 0;
      // What was asked for since the worker last looked must not wait for the wake-up it planned.
      record.wakeAt = record.signals.length > 0 ? now : (release.wakeAt ?? now);
    }
    return { outcome: 'committed', time: now, sequence: record.sequence };
  }

  amend(run: Run, entries: readonly JournalEntry[], now: number): boolean {
    const record = this.records.get(run.id);
    if (record?.endedAt === undefined) return false;
    record.run = plainCopy(run);
    this.#options.write(entries, now);
    return true;
  }

  signal(id: string, signal: Signal, now: number): boolean {
    const record = this.records.get(id);
    if (record === undefined || record.endedAt !== undefined) return false;
    const isTold = signal.kind === 'members' && record.signals.at(-1)?.kind === 'members';
    if (!isTold) {
      if (signal.kind !== 'members' && record.signals.length >= mostSignals) {
        throw new FixpointError('overloaded', `run ${id} has as many wishes waiting as it may have`);
      }
      record.signals.push(signal.kind === 'members' ? { kind: 'members', at: now } : plainCopy(signal));
    }
    if (signal.kind === 'cancel') record.cancelledBy = `${signal.by}: ${signal.reason}`;
    record.wakeAt = record.leaseUntil > now ? record.leaseUntil : now;
    return true;
  }

  due(limit: number, now: number): DueRun[] {
    const due = [...this.records.values()].filter(({ wakeAt }) => wakeAt !== undefined && wakeAt <= now);
    return due
      .toSorted((a, b) => (a.wakeAt ?? 0) - (b.wakeAt ?? 0))
      .slice(0, limit)
      .map((record) => {
        record.wakeAt = now + this.#options.limits.redispatch;
        return {
          id: record.run.id,
          sequence: record.sequence,
          fence: record.fence,
          urgency: urgencyOf(record.run),
        };
      });
  }

  stored(id: string): StoredRun | undefined {
    const record = this.records.get(id);
    return record === undefined ? undefined : plainCopy({ run: record.run, sequence: record.sequence, signals: record.signals });
  }

  list({ phase, rule, subject, since, limit, cursor }: RunFilter): { runs: readonly Run[]; next: string | null } {
    const start = cursor === undefined ? undefined : readCursor(cursor);
    const found = [...this.records.values()]
      .map(({ run }) => run)
      .filter(
        (run) =>
          (phase === undefined || run.phase === phase) &&
          (rule === undefined || run.rule === rule) &&
          (subject === undefined || run.subject === subject),
      )
      .filter((run) => since === undefined || run.createdAt >= since)
      .filter((run) => start === undefined || isNewer(start, run))
      .toSorted((a, b) => (isNewer(a, b) ? -1 : 1));
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    return { runs: plainCopy(shown), next: found.length > limit && last !== undefined ? writeCursor(last) : null };
  }

  phaseCounts(): Record<string, number> {
    const { law } = this.#options;
    const live = law.phases.filter((phase: Phase) => !law.isTerminal(phase));
    const runs = [...this.records.values()].map(({ run }) => run);
    return Object.fromEntries(live.map((phase) => [phase, runs.filter((run) => run.phase === phase).length]));
  }

  /** Forgets ended runs beyond `most`, and those that ended before `since`. */
  trim(most: number, since: number): void {
    const ended = [...this.records.values()]
      .filter(({ endedAt }) => endedAt !== undefined)
      .toSorted((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0));
    for (const [index, { run, endedAt }] of ended.entries()) {
      if (index >= ended.length - most && (endedAt ?? 0) > since) continue;
      this.records.delete(run.id);
      this.#options.forget(run.id);
    }
  }

  #held(id: string, fence: number, now: number): RunRecord | undefined {
    const record = this.records.get(id);
    return record !== undefined && record.fence === fence && record.leaseUntil > now ? record : undefined;
  }
}

function isNewer(a: { readonly createdAt: number; readonly id: string }, b: { readonly createdAt: number; readonly id: string }): boolean {
  return a.createdAt === b.createdAt ? a.id > b.id : a.createdAt > b.createdAt;
}
