import type { Claimable } from '../ports/ledger.ts';
import { formatTarget } from '../value/target.ts';
import type { DescribedGuard } from './guard.ts';
import { ledgerKeys } from './ledger-keys.ts';

/** How far one rule reaches within a window, and how fast it may reach further. */
export const blastRadius: DescribedGuard = {
  name: 'blastRadius',
  summary: 'The rule reaches no more targets than it may, and no further than it has helped.',
  tier: 'configurable',
  asks: 'ledger',
  fallback: '10 targets in 1h (`defaults.blastRadius`); of a `fleet` besides: growth by success, no further target after 3 failures',
  limit: '`limits.blastRadius`, in targets and per cent',
  outcomes: {
    deny: 'more different targets than `targets`, or than `percent` of the fleet, within the window; `failures` runs have failed; the fleet is empty or cannot be counted',
    defer: 'as many targets of the fleet are under way as have been mended so far, and one',
  },
  refusals: { growth: 'defer' },
  async claims({ run, settings, targets, fleetSize, signal }) {
    const radius = settings.blastRadius;
    if (radius === undefined) return [];
    const { percent, failures, window, fleet, grows } = radius;
    const size = fleet === undefined || percent === undefined ? undefined : await fleetSize(signal);
    if (size === 0) throw new Error('the fleet is empty');
    const share = size === undefined ? radius.targets : Math.max(1, Math.floor((size * (percent ?? 100)) / 100));
    const key = ledgerKeys.blast(run.rule, window);
    const limit = { count: Math.min(radius.targets, share), window };
    return [
      ...(fleet === undefined
        ? []
        : [{ kind: 'tally' as const, key: ledgerKeys.blastFailures(run.rule, window), limit: { count: failures, window } }]),
      ...targets.map((target): Claimable => ({ kind: 'spread', key, what: formatTarget(target), limit, grows })),
    ];
  },
};
