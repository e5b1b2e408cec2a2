import type { Alert } from '../alert/alert.ts';
import { messageOf } from '../errors.ts';
import type { OwnSilence, Silencer } from '../ports/silencer.ts';
import type { JournalEntry } from '../run/journal-entry.ts';
import type { Phase } from '../run/phase.ts';
import type { Run } from '../run/run.ts';
import type { Duration } from '../value/duration.ts';
import { canonicalJson } from '../value/json.ts';
import { within } from './deadline.ts';
import type { Engine } from './engine.ts';
import { alertOf } from './new-run.ts';

/** A run acts from its first effect to its end. */
const acting: readonly Phase[] = ['applying', 'settling', 'verifying'];
const mostRuns = 500;
const mostAlerts = 20;
const askTimeout = 5000;

/** How far ahead a silence reaches, and with how much left it is renewed, ms: so long it outlives whoever made it. */
const usualReach = { ahead: 120_000, renewBelow: 70_000 };

export interface Silencing extends Pick<Engine, 'store' | 'clock' | 'log' | 'metrics' | 'definition' | 'rulebook'> {
  readonly silencer: Silencer;
  readonly reach?: { readonly ahead: Duration; readonly renewBelow: Duration };
}

/** A run whose alerts are to be silent now. */
interface Wanted {
  readonly run: Run;
  readonly alerts: readonly Alert[];
  /** The silences of the run never reach beyond this, store time, ms. */
  readonly until: number;
}

/**
 * Keeps the alerts of acting runs silent where their rules say so, and takes away what is left of runs that act no more. It looks at
 * what is there, so that it does not matter who made it and died. Nothing of this can fail a run.
 */
export class SilenceKeeper {
  readonly #silencing: Silencing;
  /** Sources that may have silences of ours; all of them at first. */
  readonly #toLookAt: Set<string>;
  /** Runs and sources whose trouble has been told. */
  readonly #told = new Set<string>();

  constructor(silencing: Silencing) {
    this.#silencing = silencing;
    this.#toLookAt = new Set(silencing.silencer.sources());
  }

  async turn(): Promise<void> {
    // Where no rule asks for silence, what may be left ends by itself.
    if (!this.#silencing.rulebook().rules.some(({ silence }) => silence !== undefined)) return;
    const { silencer, store } = this.#silencing;
    const now = await store.time();
    const runs = await actingRuns(this.#silencing);
    const wanted = await Promise.all(runs.map((run) => wantedFor(this.#silencing, run, now)));
    const bySource = Map.groupBy(
      wanted.filter((one) => one !== undefined),
      ({ run }) => run.source,
    );
    for (const source of new Set([...this.#toLookAt, ...bySource.keys()])) {
      await this.#keep(source, { wanted: bySource.get(source) ?? [], acting: runs, now });
    }
    for (const id of this.#told) if (!runs.some((run) => run.id === id) && !silencer.sources().includes(id)) this.#told.delete(id);
  }

  async #keep(
    source: string,
    { wanted, acting: runs, now }: { wanted: readonly Wanted[]; acting: readonly Run[]; now: number },
  ): Promise<void> {
    const { silencer } = this.#silencing;
    try {
      const present = await this.#ask(source, (signal) => silencer.list(source, signal));
      const kept = new Set<string>();
      for (const one of wanted) for (const id of await this.#silence(source, { one, present, now })) kept.add(id);
      for (const silence of present.filter(({ id }) => !kept.has(id))) await this.#clear(source, silence, runs);
      if (wanted.length === 0) this.#toLookAt.delete(source);
      else this.#toLookAt.add(source);
      this.#told.delete(source);
    } catch (error) {
      this.#tell(
        source,
        wanted.map(({ run }) => run),
        messageOf(error),
      );
    }
  }

  /** Answers the ids of the silences that are there and stay. */
  async #silence(
    source: string,
    { one: { run, alerts, until }, present, now }: { one: Wanted; present: readonly OwnSilence[]; now: number },
  ): Promise<readonly string[]> {
    const { silencer, metrics, store, reach = usualReach } = this.#silencing;
    const own = present.filter((silence) => silence.run === run.id);
    const endsAt = Math.min(now + reach.ahead, until);
    const kept: string[] = [];
    for (const alert of endsAt <= now ? [] : alerts) {
      const labels = silencer.labelsOf(source, alert.labels);
      const known = own.find((silence) => canonicalJson(silence.labels) === canonicalJson(labels));
      if (known !== undefined) kept.push(known.id);
      if (Object.keys(labels).length === 0 || (known !== undefined && (known.endsAt - now > reach.renewBelow || known.endsAt >= endsAt)))
        continue;
      const silence = { run: run.id, rule: run.rule, labels, startsAt: known?.startsAt ?? now, endsAt };
      try {
        await this.#ask(source, (signal) => silencer.put(source, known === undefined ? silence : { ...silence, id: known.id }, signal));
      } catch (error) {
        this.#tell(source, [run], messageOf(error));
        continue;
      }
      if (known !== undefined) continue;
      metrics.silence(run.rule, 'made');
      if (own.length === 0) await store.append([entryOf(run, { state: 'began', source, alerts: alerts.length })]);
    }
    return kept;
  }

  /** Takes a silence away whose run acts no more, or whose alert is over. What another Fixpoint made ends by itself. */
  async #clear(source: string, { id, run: of }: OwnSilence, runs: readonly Run[]): Promise<void> {
    const { silencer, metrics, store, log } = this.#silencing;
    const known = runs.find((one) => one.id === of);
    const run = known ?? (await store.run(of))?.run;
    // One that has begun to act since the runs were read is another worker's, who knows what it wants.
    if (run === undefined || (known === undefined && acting.includes(run.phase))) return;
    await this.#ask(source, (signal) => silencer.remove(source, id, signal));
    metrics.silence(run.rule, 'ended');
    log.info({ runId: run.id, rule: run.rule, source }, 'silence ended with its run');
  }

  /** Once a run: that its alerts are not silent is told, and nothing else comes of it. */
  #tell(source: string, runs: readonly Run[], reason: string): void {
    const { log, metrics, store } = this.#silencing;
    if (!this.#told.has(source)) log.warn({ source, reason }, 'silences could not be looked after, tried again');
    this.#told.add(source);
    for (const run of runs.filter(({ id }) => !this.#told.has(id))) {
      this.#told.add(run.id);
      metrics.silence(run.rule, 'failed');
      log.warn({ runId: run.id, rule: run.rule, source, reason }, 'alerts could not be silenced while the run acts, tried again');
      store
        .append([entryOf(run, { state: 'failed', source, reason })])
        .catch((error: unknown) => log.warn({ err: error }, 'not journalled'));
    }
  }

  async #ask<T>(source: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return await within({ clock: this.#silencing.clock, length: askTimeout, what: `source ${source}` }, work);
  }
}

async function actingRuns({ store }: Silencing): Promise<readonly Run[]> {
  const found = await Promise.all(acting.map(async (phase) => (await store.runs({ phase, limit: mostRuns })).runs));
  return found.flat();
}

async function wantedFor({ store, definition, silencer }: Silencing, run: Run, now: number): Promise<Wanted | undefined> {
  const silence = (await definition(run.definition))?.silence;
  const startedAt = run.rungs.find((rung) => rung.startedAt !== undefined)?.startedAt ?? now;
  if (silence === undefined || run.kind !== 'remediation' || run.replayOf !== undefined || !silencer.sources().includes(run.source))
    return undefined;
  const members =
    (await store.incident(run.incident))?.members.filter(({ endedAt, alert }) => endedAt === undefined && alert.source === run.source) ??
    [];
  const alerts = members.length === 0 ? [alertOf(run)] : members.map(({ alert }) => alert);
  return {
    run,
    alerts: alerts.slice(0, mostAlerts),
    until: silence.for === undefined ? Number.POSITIVE_INFINITY : startedAt + silence.for,
  };
}

function entryOf({ id, incident, rule }: Run, data: JournalEntry['data']): JournalEntry {
  return { type: 'silenced', run: id, incident, rule, data };
}
