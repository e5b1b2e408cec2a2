import type { Claimable } from '../ports/ledger.ts';
import { formatTarget } from '../value/target.ts';
import type { Rate } from '../value/rate.ts';
import type { DescribedGuard } from './guard.ts';
import { ledgerKeys } from './ledger-keys.ts';

/** How far one rule reaches within a window, and how fast it may reach further. */
export const blastRadius: DescribedGuard = {
  name: 'blastRadius',
  summary: 'The rule reaches no more targets than it may, and no further than it has helped.',
  tier: 'configurable',
  asks: 'ledger',
  fallback: '10 targets in 1h (`defaults.blastRadius`); of a `fleet` besides: growth by success, no further target after 3 failures',
  limit: '`limits.blastRadius`: targets and per cent, counted besides the rule’s own over a window of its own (1h unless told)',
  outcomes: {
    deny: 'more different targets than `targets`, or than `percent` of the fleet, within the window; `failures` runs have failed; the fleet is empty or cannot be counted',
    defer:
      'as many targets of the fleet are under way as have been mended so far, and one; a run of several begins also where no other is under way',
  },
  refusals: { growth: 'defer' },
  readsForClaims: (settings) => settings.blastRadius?.fleet !== undefined,
  async claims({ run, settings, targets, fleetSize, signal }) {
    const { blastRadius: radius, blastLimit: most } = settings;
    const fleet = radius?.fleet;
    const needsSize = fleet !== undefined && (radius?.percent !== undefined || most?.percent !== undefined);
    const size = needsSize ? await fleetSize(signal) : undefined;
    if (size === 0) throw new Error('the fleet is empty');
    const countOf = ({ targets: count = Number.MAX_SAFE_INTEGER, percent }: { targets?: number; percent?: number | undefined }) =>
      size === undefined || percent === undefined ? count : Math.min(count, Math.max(1, Math.floor((size * percent) / 100)));
    const spread = (key: string, limit: Rate, grows: boolean) =>
      targets.map((target): Claimable => ({ kind: 'spread', key, what: formatTarget(target), limit, grows }));
    const claims: Claimable[] = [];
    if (radius !== undefined) {
      const { failures, window, grows } = radius;
      if (fleet !== undefined) {
        claims.push({ kind: 'tally', key: ledgerKeys.blastFailures(run.rule, window), limit: { count: failures, window } });
      }
      claims.push(...spread(ledgerKeys.blast(run.rule, window), { count: countOf(radius), window }, grows));
    }
    const count = most === undefined ? Number.MAX_SAFE_INTEGER : countOf(most);
    if (most !== undefined && count < Number.MAX_SAFE_INTEGER)
      claims.push(...spread(ledgerKeys.blastLimit(run.rule, most.window), { count, window: most.window }, false));
    return claims;
  },
};
