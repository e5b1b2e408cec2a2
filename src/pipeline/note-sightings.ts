import { ledgerKeys } from '../guards/ledger-keys.ts';
import type { Note } from '../ports/ledger.ts';
import type { IntakeEntry, IntakeOutcome } from '../ports/store.ts';
import type { CompiledRule } from '../rule/compiled-rule.ts';
import type { Engine } from './engine.ts';

/** How many ill subjects of one fleet are told apart. */
const mostOfFleet = 1000;

export interface Taken {
  readonly entry: IntakeEntry;
  readonly rule: CompiledRule;
  readonly outcome?: IntakeOutcome;
}

/** Counts what has fallen ill before any run is made for it, so that a storm is known before the first effect. */
export async function noteSightings(engine: Engine, taken: readonly Taken[]): Promise<void> {
  const { storm } = engine.limits;
  if (storm === undefined) return;
  const fresh = taken.filter(({ outcome }) => outcome === 'opened' || outcome === 'joined');
  if (fresh.length === 0) return;
  const opened = fresh.filter(({ outcome }) => outcome === 'opened');
  const { window, quiet } = storm;
  const ill = new Map(
    opened
      .filter(({ rule }) => rule.guards.blastRadius?.fleet !== undefined)
      .map(({ entry, rule }): [string, Note] => {
        const limit = { count: mostOfFleet, window };
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
