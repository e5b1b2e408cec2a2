import type { Log } from '../ports/log.ts';
import type { OutboxMessage } from '../ports/people-store.ts';
import type { Store } from '../ports/store.ts';
import { formatDuration, type Duration } from '../value/duration.ts';

/** A source that has a heartbeat, and how long that may stay away. */
export interface WatchedSource {
  readonly name: string;
  readonly within: Duration;
}

/** How long ago a source was heard; one that never was, since when this process listens. */
export interface SourceSilence {
  readonly source: string;
  readonly length: Duration;
  readonly isSilent: boolean;
  /** Within the time that is allowed; right after a start a source may be neither heard nor silent. */
  readonly isHeard: boolean;
}

export interface SourceWatchOptions {
  readonly store: Pick<Store, 'time' | 'heartbeats' | 'openCall' | 'endCalls' | 'append'>;
  readonly watched: readonly WatchedSource[];
  readonly log: Log;
}

/**
 * Listens whether sources are still there: what does not come cannot be told from what is well. Silence counts from when this process
 * began to listen, so that a start after a long stop calls nobody.
 */
export class SourceWatch {
  readonly #options: SourceWatchOptions;
  /** Sources that were heard in time when they were looked at last: no call about them is open. */
  readonly #well = new Set<string>();
  #since: number | undefined;

  constructor(options: SourceWatchOptions) {
    this.#options = options;
  }

  /** Only reads. */
  async look(): Promise<readonly SourceSilence[]> {
    const { store, watched } = this.#options;
    if (watched.length === 0) return [];
    const [now, heard] = await Promise.all([store.time(), store.heartbeats()]);
    const since = (this.#since ??= now);
    return watched.map(({ name, within }) => {
      const at = heard.get(name) ?? 0;
      const length = Math.max(0, now - Math.max(at, since));
      return { source: name, length, isSilent: length > within, isHeard: now - at <= within };
    });
  }

  /** Calls a person about each source that has fallen silent, once, and takes the call back when it is heard again. */
  async turn(): Promise<void> {
    const { store, log } = this.#options;
    for (const silence of await this.look()) {
      const { source, length, isSilent, isHeard } = silence;
      if (isHeard && !this.#well.has(source)) {
        await store.endCalls(incidentOf(source), 'its heartbeat has come again');
        log.info({ source }, 'the heartbeat of a source comes');
      }
      if (isHeard) this.#well.add(source);
      else this.#well.delete(source);
      const call = silenceCall(silence, this.#within(source));
      if (!isSilent || !(await store.openCall(call))) continue;
      await store.append([{ type: 'escalated', data: { title: call.title, severity: call.severity } }]);
      log.error({ source, silentMs: length }, 'the heartbeat of a source stays away, a person is called');
    }
  }

  #within(source: string): Duration {
    return this.#options.watched.find(({ name }) => name === source)?.within ?? 0;
  }
}

/** In words, for people. */
export function silenceText({ source, length }: SourceSilence): string {
  return `the heartbeat of source ${source} has not come for ${formatDuration(Math.floor(length / 1000) * 1000)}`;
}

function incidentOf(source: string): string {
  return `heartbeat-${source}`;
}

function silenceCall(silence: SourceSilence, within: Duration): OutboxMessage {
  const { source } = silence;
  const subject = `fixpoint/sources/${source}`;
  const reason = silenceText(silence);
  return {
    key: `heartbeat/${source}`,
    kind: 'call',
    incident: incidentOf(source),
    run: '',
    rule: 'none',
    subject,
    severity: 'critical',
    title: `Source ${source} is silent`,
    text: `${reason}; ${formatDuration(within)} are allowed. Its Prometheus, its Alertmanager or the way from there to Fixpoint is down, and no other alert of it arrives either.`,
    reason,
    changes: [],
    labels: { rule: 'none', subject },
  };
}
