import type { Config } from '../../config/config.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { SourceSilence } from '../../pipeline/source-watch.ts';
import type { Rulebook } from '../../rule/rulebook.ts';
import type { Outside } from '../outside.ts';
import { examine } from './examine.ts';
import { areas, type Area, type Finding } from './finding.ts';

/** Between two examinations, ms. */
const every = 600_000;

export interface KeepExamining {
  readonly config: Config;
  readonly rulebook: () => Rulebook;
  readonly outside: Outside;
  readonly clock: Clock;
  readonly log: Log;
  /** Of sources that have a heartbeat. */
  silences?(): Promise<readonly SourceSilence[]>;
  /** How many problems there are, by area. */
  found(problems: Readonly<Record<Area, number>>): void;
}

/** Examines now and from time to time, counts what is wrong, and says so once when that changes. It keeps nothing from starting. */
export function keepExamining({ config, rulebook, outside, clock, log, silences, found }: KeepExamining): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let told = '';
  let current: Promise<void> | undefined;
  const turn = async (): Promise<void> => {
    try {
      const findings = await examine({
        config,
        rules: rulebook().rules,
        outside,
        signal: stopping.signal,
        ...(silences === undefined ? {} : { silences }),
      });
      if (stopping.signal.aborted) return;
      const problems = findings.filter(({ verdict }) => verdict === 'problem');
      found(countedBy((area) => problems.filter((finding) => finding.area === area).length));
      const summary = summaryOf(problems);
      if (summary !== told && problems.length > 0)
        log.warn(
          { problems: problems.length, first: summary },
          'what a rule would need is not as it should be; fixpoint doctor says what and how to mend it',
        );
      told = summary;
    } catch (error) {
      if (stopping.signal.aborted) return;
      // What it found the last time says nothing any more.
      found(countedBy(() => 1));
      told = 'failed';
      log.warn({ err: error }, 'the examination of what rules need failed');
    } finally {
      current = undefined;
    }
  };
  current = turn();
  const timer = clock.every(every, () => void (current ??= turn()));
  return {
    async stop() {
      timer.stop();
      stopping.abort();
      await current;
    },
  };
}

function countedBy(count: (area: Area) => number): Readonly<Record<Area, number>> {
  return Object.fromEntries(areas.map((area) => [area, count(area)])) as Record<Area, number>;
}

function summaryOf(problems: readonly Finding[]): string {
  return problems
    .slice(0, 3)
    .map(({ about, message }) => `${about}: ${message}`)
    .join('; ');
}
