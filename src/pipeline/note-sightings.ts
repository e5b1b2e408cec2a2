import { mostIll } from '../guards/alert-storm.ts';
import { ledgerKeys } from '../guards/ledger-keys.ts';
import type { Note } from '../ports/ledger.ts';
import type { IntakeEntry, IntakeOutcome } from '../ports/store.ts';
import type { CompiledRule } from '../rule/compiled-rule.ts';
import type { Engine } from './engine.ts';

export interface Taken {
  readonly entry: IntakeEntry;
  readonly rule: CompiledRule;
  readonly outcome?: IntakeOutcome;
  readonly incident?: string;
  readonly needsRun?: boolean;
}

/** Counts what has fallen ill before any run is made for it, so that a storm is known before the first effect. */
export async function noteSightings(engine: Engine, taken: readonly Taken[]): Promise<void> {
  const { storm } = engine.limits;
  if (storm === undefined) return;
  // Intake that was cut off may not have come this far: what has no run yet is counted again, which changes nothing where it had.
  const runless = new Set(taken.flatMap(({ needsRun, incident }) => (needsRun === true && incident !== undefined ? [incident] : [])));
  const isRunless = ({ incident }: Taken) => incident !== undefined && runless.has(incident);
  const fresh = taken.filter(
    (one) => one.outcome === 'opened' || one.outcome === 'joined' || (one.outcome === 'refreshed' && isRunless(one)),
  );
  if (fresh.length === 0) return;
  const opened = fresh.filter((one) => one.outcome === 'opened' || isRunless(one));
  const { window, quiet } = storm;
  const ill = new Map(
    opened
      .filter(({ rule }) => rule.guards.blastRadius?.fleet !== undefined)
      .map(({ entry, rule }): [string, Note] => {
        const limit = { count: mostIll, window };
        return [`${rule.name} ${entry.subject}`, { kind: 'tally', key: ledgerKeys.ill(rule.name), what: entry.subject, limit }];
      }),
  );
  const sighting = (key: 'subjects' | 'alerts', count: number, what: readonly string[]): Note => ({
    kind: 'sighting',
    key,
    what,
    limit: { count, window },
    quiet,
  });
  await engine.ledger.note([
    ...(opened.length === 0
      ? []
      : [
          sighting(
            'subjects',
            storm.subjects,
            opened.map(({ entry }) => entry.subject),
          ),
        ]),
    sighting(
      'alerts',
      storm.alerts,
      fresh.map(({ entry }) => `${entry.alert.source}/${entry.alert.fingerprint}`),
    ),
    ...ill.values(),
  ]);
}
