import type { Claimable, Ledger, LedgerAnswer, LedgerRequest } from '../../ports/ledger.ts';
import { refusalReason, type Refusal } from '../refusal-reason.ts';
import { ledgerKey } from './ledger-key.ts';
import { loadScripts, type Scripts } from './script.ts';
import type { StoreLimits } from '../store-limits.ts';
import { storeConstants } from './store-constants.ts';
import type { RedisLink } from './redis-link.ts';

export interface RedisLedgerOptions {
  readonly link: RedisLink;
  /** As the store's, so that both go by one time; `{fixpoint}:` unless told. */
  readonly prefix?: string;
  readonly limits?: Partial<StoreLimits>;
  /** For tests only: the time instead of Redis's own, ms. */
  readonly testTime?: () => number;
}

export function redisLedger({ link, prefix = '{fixpoint}:', limits, testTime }: RedisLedgerOptions): Ledger {
  const constants = storeConstants(limits);
  const scripts = loadScripts({ link, prefix, constants, ...(testTime === undefined ? {} : { testTime }) });
  return {
    acquire: (request) => ask(scripts, 'acquire', request),
    peek: (request) => ask(scripts, 'peek', request),
    extend: async (run, locks, lease) =>
      locks.length === 0 || (await scripts.run('ledger-locks', lockCall('extend', run, { lease, locks }))) === 1,
    async release(run, locks) {
      if (locks.length > 0) await scripts.run('ledger-locks', lockCall('release', run, { lease: 0, locks }));
    },
    async quarantine(run, locks) {
      if (locks.length > 0) await scripts.run('ledger-locks', lockCall('quarantine', run, { lease: 0, locks }));
    },
    async cool(cooldowns) {
      if (cooldowns.length === 0) return;
      await scripts.run('ledger-cool', {
        args: cooldowns.flatMap(({ key, length, group = '' }) => [ledgerKey(key), Math.ceil(length), group]),
      });
    },
  };
}

function lockCall(
  order: string,
  run: string,
  { lease, locks }: { lease: number; locks: readonly string[] },
): { args: (string | number)[] } {
  return { args: [order, run, Math.ceil(lease), ...locks.map(ledgerKey)] };
}

async function ask(scripts: Scripts, kind: 'acquire' | 'peek', { run, fence, claims }: LedgerRequest): Promise<LedgerAnswer> {
  const reply = await scripts.run('ledger-ask', { args: [kind, run, fence, ...claims.flatMap(claimArguments)] });
  const [outcome, time, third, refusal, until, holder] = reply as [string, number, number, Refusal, string, string];
  if (outcome === 'granted') return { outcome, time, charged: third === 1 };
  const claim = claims[third - 1];
  if (claim === undefined) throw new RangeError(`the ledger refused claim ${third} of ${claims.length}`);
  const reason = refusalReason(refusal, claim, holder === '' ? undefined : holder);
  return {
    outcome: 'refused',
    time,
    claim,
    reason,
    ...(until === '' ? {} : { until: Number(until) }),
    ...(holder === '' || refusal === 'fence' ? {} : { holder }),
  };
}

/** Five for each claim, as `ledger-ask.lua` reads them. */
function claimArguments(claim: Claimable): (string | number)[] {
  const key = ledgerKey(claim.key);
  switch (claim.kind) {
    case 'cooldown':
      return [claim.kind, key, claim.group ?? '', '', ''];
    case 'rate':
      return [claim.kind, key, claim.rate.count, claim.rate.window, claim.perEffect ?? ''];
    case 'attempts':
      return [claim.kind, key, claim.max, '', ''];
    case 'lock':
      return [claim.kind, key, Math.ceil(claim.lease), '', ''];
  }
}
