import { FixpointError } from '../../errors.ts';
import type { RunLaw } from '../../ports/run-law.ts';
import type {
  Claim,
  Commit,
  CommitResult,
  DueRun,
  NewRun,
  Pause,
  Permit,
  PermitSubject,
  RunFilter,
  Signal,
  Store,
  StoredRun,
} from '../../ports/store.ts';
import type { JournalEntry } from '../../run/journal-entry.ts';
import type { Run } from '../../run/run.ts';
import { pauseReason } from '../pause-reason.ts';
import { readCursor, writeCursor } from '../../value/run-cursor.ts';
import { readIncident } from './read-incident.ts';
import type { Reply, Scripts } from './script.ts';
import { urgencyOf } from '../../value/urgency.ts';

type RunPart = Pick<
  Store,
  'createRuns' | 'claim' | 'renew' | 'commit' | 'amend' | 'permit' | 'signal' | 'dueRuns' | 'run' | 'runs' | 'knownRuns' | 'phaseCounts'
>;

export function runPart(scripts: Scripts, law: RunLaw): RunPart {
  return {
    async createRuns(runs) {
      if (runs.length === 0) return [];
      return (await scripts.run('create-runs', { args: newRunsArguments(runs), extraMs: runs.length })) as string[];
    },

    async claim(wanted, worker, lease): Promise<Claim> {
      const at: { run: string; sequence?: number } = typeof wanted === 'string' ? { run: wanted } : wanted;
      const reply = (await scripts.run('claim', { args: [at.run, worker, lease, law.version, at.sequence ?? ''] })) as Reply[];
      const outcome = reply[0] as Claim['outcome'];
      if (outcome === 'held') return { outcome, until: reply[1] as number };
      if (outcome !== 'claimed') return { outcome };
      const [, fence, time, doc, sequence, signals, incident] = reply as [string, number, number, string, number, string[], Reply];
      return { outcome, fence, time, stored: readStored(doc, sequence, signals), incident: readIncident(incident) };
    },

    async renew(run, fence, lease) {
      const signals = (await scripts.run('renew', { args: [run, fence, lease] })) as string[] | null;
      return signals === null ? undefined : { signals: signals.map(readSignal) };
    },

    async commit(commit): Promise<CommitResult> {
      const reply = (await scripts.run('commit', { args: commitArguments(commit, law) })) as [number, number | string, number];
      if (reply[0] === 0) return { outcome: 'stale' };
      if (reply[0] === 2) {
        throw new FixpointError('run.illegal-transition', `run ${commit.run.id} cannot go from ${reply[1]} to ${commit.run.phase}`);
      }
      return { outcome: 'committed', time: Number(reply[1]), sequence: reply[2] };
    },

    amend: async (run, entries) => (await scripts.run('amend', { args: [run.id, JSON.stringify(run), ...entryArguments(entries)] })) === 1,

    async permit(run, fence, subject): Promise<Permit> {
      const [word, about, leaseLeft, time] = (await scripts.run('permit', { args: permitArguments(run, fence, subject) })) as [
        string,
        string,
        number,
        number,
      ];
      return { ...permitAnswer(run, word, about), leaseLeft, time };
    },

    async signal(run, signal) {
      const who = signal.kind === 'cancel' ? `${signal.by}: ${signal.reason}` : '';
      const reply = await scripts.run('signal', { args: [run, signal.kind, JSON.stringify(signal), who] });
      if (reply === -1) throw new FixpointError('overloaded', `run ${run} has as many wishes waiting as it may have`);
      return reply === 1;
    },

    async dueRuns(limit) {
      const reply = (await scripts.run('due-runs', { args: [limit] })) as [string, number, DueRun['urgency'], number][];
      return reply.map(([id, sequence, urgency, fence]) => ({ id, sequence, urgency, fence }));
    },

    async run(id) {
      const reply = (await scripts.run('get-run', { args: [id] })) as [string, number, string[]] | null;
      return reply === null ? undefined : readStored(...reply);
    },

    runs: (filter) => listRuns(scripts, filter),

    async knownRuns(ids) {
      const found = await scripts.link.ask((client) => Promise.all(ids.map((id) => client.exists(`${scripts.prefix}run:${id}`))));
      return new Set(ids.filter((_id, index) => found[index] === 1));
    },

    async phaseCounts() {
      const live = law.phases.filter((phase) => !law.isTerminal(phase));
      const counts = await scripts.link.ask((client) =>
        Promise.all(live.map(async (phase) => [phase, await client.zcard(`${scripts.prefix}runs:phase:${phase}`)] as const)),
      );
      return Object.fromEntries(counts);
    },
  };
}

/** One more than asked for, to know whether there are more. */
async function listRuns(
  scripts: Scripts,
  { phase, rule, subject, since, limit, cursor }: RunFilter,
): Promise<{ runs: readonly Run[]; next: string | null }> {
  const index =
    subject !== undefined
      ? `runs:subject:${subject}`
      : phase !== undefined
        ? `runs:phase:${phase}`
        : rule !== undefined
          ? `runs:rule:${rule}`
          : 'runs';
  const start = cursor === undefined ? undefined : readCursor(cursor);
  let [newest, behind] = start === undefined ? ['+inf', ''] : [String(start.createdAt), start.id];
  const runs: Run[] = [];
  for (let hasMore = true; hasMore && runs.length <= limit;) {
    const args = [index, newest, behind, since ?? 0, limit + 1 - runs.length, phase ?? '', rule ?? '', subject ?? ''];
    const reply = (await scripts.run('list-runs', { args })) as [string[], string, string, string];
    for (const doc of reply[0]) runs.push(JSON.parse(doc) as Run);
    [, newest, behind] = reply;
    hasMore = reply[3] === '1';
  }
  const shown = runs.slice(0, limit);
  const last = shown.at(-1);
  return { runs: shown, next: runs.length > limit && last !== undefined ? writeCursor(last) : null };
}

function readStored(doc: string, sequence: number, signals: readonly string[]): StoredRun {
  return { run: JSON.parse(doc) as Run, sequence, signals: signals.map(readSignal) };
}

function readSignal(text: string): Signal {
  return JSON.parse(text) as Signal;
}

/** Their number, then JSON and run of each, as `journal.lua` reads them. */
export function entryArguments(entries: readonly JournalEntry[]): (string | number)[] {
  return [entries.length, ...entries.flatMap((entry) => [JSON.stringify(entry), runToList(entry)])];
}

/** A record in an entry is not kept a second time: the run itself has it. */
function runToList({ type, run = '' }: JournalEntry): string {
  return type === 'run-ended' ? '' : run;
}

/** Their number, then each as `new-runs.lua` reads it. */
function newRunsArguments(runs: readonly NewRun[]): (string | number)[] {
  return [runs.length, ...runs.flatMap(({ run, entries, wakeAt }) => [...newRunArguments(run), wakeAt ?? '', ...entryArguments(entries)])];
}

function newRunArguments(run: Run): (string | number)[] {
  // An undo is no attempt at the incident and does not take its place.
  const attempt = run.kind === 'undo' ? '' : run.attempt;
  return [
    run.id,
    JSON.stringify(run),
    run.version,
    run.phase,
    urgencyOf(run),
    run.incident,
    run.rule,
    run.subject,
    run.createdAt,
    attempt,
    run.definition,
  ];
}

function commitArguments(
  { run, fence, entries, signalsTaken, release, outbox = [], incidentWakeAt, creates = [] }: Commit,
  law: RunLaw,
): (string | number)[] {
  const origins = law.phases.filter((phase) => (phase === run.phase && !law.isTerminal(phase)) || law.mayGo(phase, run.phase));
  return [
    run.id,
    fence,
    run.phase,
    law.isTerminal(run.phase) ? '1' : '0',
    `,${origins.join(',')},`,
    JSON.stringify(run),
    run.version,
    signalsTaken ?? 0,
    release === undefined ? '0' : '1',
    release?.wakeAt ?? '',
    incidentWakeAt ?? '',
    ...entryArguments(entries),
    outbox.length,
    ...outbox.map((message) => JSON.stringify(message)),
    ...newRunsArguments(creates),
  ];
}

function permitArguments(
  run: string,
  fence: number,
  { rule, source, namespaces, targets, onlyWhileFiring }: PermitSubject,
): (string | number)[] {
  return [run, fence, rule, source, onlyWhileFiring ? '1' : '0', namespaces.length, ...namespaces, ...targets];
}

function permitAnswer(run: string, word: string, about: string): Pick<Permit, 'outcome' | 'reason'> {
  switch (word) {
    case 'go':
      return { outcome: 'go', reason: 'the lease is held and nothing is paused' };
    case 'paused':
      return { outcome: 'paused', reason: pauseReason(JSON.parse(about) as Pause) };
    case 'cancelled':
      return { outcome: 'cancelled', reason: `cancelled by ${about}` };
    case 'resolved':
      return { outcome: 'resolved', reason: 'every alert of the incident has been resolved' };
    case 'fence':
      return { outcome: 'stale', reason: `run ${run} was taken over (fence ${about})` };
    case 'lease':
      return { outcome: 'stale', reason: `the lease of run ${run} is over` };
    default:
      return { outcome: 'stale', reason: `run ${run} does not exist` };
  }
}
