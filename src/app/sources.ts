import type { Labels } from '../alert/alert.ts';
import type { Config } from '../config/config.ts';
import type { IntakeSource } from '../pipeline/intake.ts';
import type { WatchedSource } from '../pipeline/source-watch.ts';

/** The tombstone of a source that nobody configured, ms. */
const defaultTombstone = 360_000;

/** Sources by name; one that nobody configured adds no labels. */
export function sourceDirectory(config: Pick<Config, 'sources'>): (name: string) => IntakeSource {
  const known = new Map(
    config.sources.map(({ name, labels, tombstone, receivers, heartbeat }): [string, IntakeSource] => [
      name,
      {
        name,
        tombstone,
        labelsFor: (given: Labels) => missing(labels, given),
        ...(receivers === undefined ? {} : { receivers }),
        ...(heartbeat === undefined ? {} : { heartbeat }),
      },
    ]),
  );
  return (name) => known.get(name) ?? { name, tombstone: defaultTombstone, labelsFor: () => ({}) };
}

/** Those that have a heartbeat. */
export function watchedSources({ sources }: Pick<Config, 'sources'>): readonly WatchedSource[] {
  return sources.flatMap(({ name, heartbeat, heartbeatWithin: within = 0 }) => (heartbeat === undefined ? [] : [{ name, within }]));
}

function missing(labels: Labels, given: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !Object.hasOwn(given, name)));
}
