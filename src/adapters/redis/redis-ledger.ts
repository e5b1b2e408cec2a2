import type { Claimable, Ledger, LedgerAnswer, LedgerRequest, Note, Refusal } from '../../ports/ledger.ts';
import { refusalReason } from '../refusal-reason.ts';
import { ledgerKey, ledgerName } from './ledger-key.ts';
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
    extend: async (run, locks, lease) => (await scripts.run('ledger-locks', lockCall('extend', run, { lease, locks }))) === 1,
    async release(run, locks) {
      await scripts.run('ledger-locks', lockCall('release', run, { lease: 0, locks }));
    },
    async settle(run, locks, late) {
      await scripts.run('ledger-locks', lockCall('settle', run, { lease: late, locks }));
    },
    async quarantine(run, locks) {
      await scripts.run('ledger-locks', lockCall('quarantine', run, { lease: 0, locks }));
    },
    async cool(cooldowns) {
      if (cooldowns.length === 0) return;
      await scripts.run('ledger-cool', {
        args: cooldowns.flatMap(({ key, length, group = '' }) => [ledgerKey(key), Math.ceil(length), group]),
      });
    },
    async note(notes) {
      if (notes.length > 0) await scripts.run('ledger-note', { args: notes.flatMap(noteArguments) });
    },
    lower: async (flag, tallies) => (await scripts.run('ledger-lower', { args: [flag, ...tallies].map(ledgerKey) })) === 1,
    async standing() {
      const [now, flags, storms] = (await scripts.run('ledger-standing')) as [number, string[], string[]];
      return {
        flags: pairs(flags).map(([key, text]) => ({ key, ...(JSON.parse(text) as { since: number; reason: string }) })),
        storms: pairs(storms)
          .map(([key, text]) => {
            const [since, until] = text.split(' ').map(Number);
            return { key, since: since ?? 0, until: until ?? 0 };
          })
          .filter(({ until }) => until > now),
      };
    },
  };
}

/** Names and values of a hash, in order of the names. */
function pairs(flat: readonly string[]): [string, string][] {
  const found = flat.flatMap((name, index): [string, string][] => (index % 2 === 0 ? [[name, flat[index + 1] ?? '']] : []));
  return found.toSorted(([a], [b]) => (a < b ? -1 : 1));
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
  const [outcome, time, third, refusal, until, holder, since] = reply as [string, number, number, Refusal, string, string, string];
  if (outcome === 'granted') return { outcome, time, charged: third === 1 };
  const claim = claims[third - 1];
  if (claim === undefined) throw new RangeError(`the ledger refused claim ${third} of ${claims.length}`);
  const { named, holders } = refusal === 'slot' ? { holders: JSON.parse(holder) as string[] } : { named: holder };
  const reason = refusalReason(refusal, claim, named === '' ? undefined : named);
  return {
    outcome: 'refused',
    time,
    claim,
    refusal,
    reason,
    ...(until === '' ? {} : { until: Number(until) }),
    ...(refusal === 'lock' || refusal === 'quarantine' ? { holder } : {}),
    ...(holders === undefined ? {} : { holders }),
    ...(since === '' ? {} : { since: Number(since) }),
  };
}

/** Six for each claim, as `ledger-ask.lua` reads them. */
function claimArguments(claim: Claimable): (string | number)[] {
  const key = ledgerKey(claim.key);
  switch (claim.kind) {
    case 'cooldown':
      return [claim.kind, key, claim.group ?? '', '', '', ''];
    case 'flag':
    case 'storm':
      return [claim.kind, key, '', '', '', ''];
    case 'rate':
      return [claim.kind, key, claim.rate.count, claim.rate.window, claim.perEffect ?? '', ''];
    case 'attempts':
      return [claim.kind, key, claim.max, '', '', ''];
    case 'lock':
      return [claim.kind, key, Math.ceil(claim.lease), '', '', ''];
    case 'slot':
      return [claim.kind, key, claim.max, Math.ceil(claim.lease), '', ''];
    case 'tally':
      return [claim.kind, key, claim.limit.count, claim.limit.window, '', ''];
    case 'spread':
      return [claim.kind, key, claim.limit.count, claim.limit.window, ledgerName(claim.what), claim.grows === true ? '1' : ''];
  }
}

/** Kind, key, count, window and two more for each, then how many names follow, and they. */
function noteArguments(note: Note): (string | number)[] {
  const head = [note.kind, ledgerKey(note.key), note.limit.count, note.limit.window];
  switch (note.kind) {
    case 'tally':
      return [...head, note.flag?.reason ?? '', note.flag === undefined ? '' : ledgerKey(note.flag.key), 1, ledgerKey(note.what)];
    case 'ended':
      return [...head, note.isGood ? '1' : '', '', 1, ledgerName(note.what)];
    case 'spoilt':
      return [...head, '', '', 1, ledgerName(note.what)];
    case 'sighting': {
      // More than these are not counted anyhow.
      const names = [...new Set(note.what)].slice(0, note.limit.count + 1).map(ledgerName);
      return [...head, Math.ceil(note.quiet), '', names.length, ...names];
    }
  }
}
