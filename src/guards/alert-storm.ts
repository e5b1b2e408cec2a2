import type { Claimable } from '../ports/ledger.ts';
import type { DescribedGuard } from './guard.ts';
import { ledgerKeys } from './ledger-keys.ts';

/** Fewer than these are never most of a fleet. */
const fewest = 3;

/** So many ill subjects of one fleet are told apart; as many are too many of any fleet. */
export const mostIll = 5000;

/** When much is ill at once, the sensor is suspected: nothing new is done, and a person is called. */
export const alertStorm: DescribedGuard = {
  name: 'alertStorm',
  summary: 'Not so much is ill at once that the sensor must be suspected.',
  tier: 'mandatory',
  asks: 'ledger',
  fallback: '50 new subjects or 20000 new alerts in 5m, more than 50 % of a `fleet`; over after 10m of quiet',
  limit: '`limits.storm`',
  outcomes: {
    defer:
      'more different subjects or alerts than `limits.storm` within its window, until they have been fewer for `quiet`; more than its share of the rule’s fleet, or 5000 of it, which are as many as are told apart; a person is called at once',
  },
  refusals: { storm: 'defer', tally: 'defer' },
  readsForClaims: (settings) => settings.blastRadius?.fleet !== undefined,
  async claims({ run, settings, storm, fleetSize, signal }) {
    if (storm === undefined) return [];
    const everywhere = stormKeys.map((key): Claimable => ({ kind: 'storm', key }));
    if (settings.blastRadius?.fleet === undefined) return everywhere;
    const share = Math.floor(((await fleetSize(signal)) * storm.fleet) / 100) + 1;
    const most = Math.min(mostIll, Math.max(fewest, share));
    return [...everywhere, { kind: 'tally', key: ledgerKeys.ill(run.rule), limit: { count: most, window: storm.window } }];
  },
};

/** What is counted at intake, of all rules together. */
const stormKeys = ['subjects', 'alerts'] as const;
