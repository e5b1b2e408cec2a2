import { FixpointError } from '../errors.ts';
import { ledgerKeys } from '../guards/ledger-keys.ts';
import { effectiveSettings } from './effective-settings.ts';
import type { Engine } from './engine.ts';

/** Rules that have used up their failureBudget and that nobody has restored, by name. */
export async function demotions(
  engine: Pick<Engine, 'ledger'>,
): Promise<ReadonlyMap<string, { readonly since: number; readonly reason: string }>> {
  const { flags } = await engine.ledger.standing();
  const prefix = ledgerKeys.demoted('');
  return new Map(flags.map(({ key, since, reason }) => [key.slice(prefix.length), { since, reason }]));
}

/** A person gives a demoted rule its mode back, and a fresh budget. */
export async function restoreRule(
  engine: Pick<Engine, 'ledger' | 'limits' | 'store' | 'rulebook' | 'log'>,
  rule: string,
  { by, reason }: { by: string; reason: string },
): Promise<void> {
  const known = engine.rulebook().rule(rule);
  const budgets = known === undefined ? [] : effectiveSettings(engine.limits, known, undefined).failureBudget;
  const tallies = budgets.map(({ window }) => ledgerKeys.failures(rule, window));
  if (!(await demotions(engine)).has(rule)) {
    if (known === undefined) throw new FixpointError('rule.unknown', `there is no rule ${rule.slice(0, 200)}`);
    throw new FixpointError('rule.not-demoted', `rule ${rule} is not demoted`);
  }
  // Written before it is done: whoever is cut off in between finds the rule still demoted, and restores it once more.
  await engine.store.append([
    { type: 'person-acted', rule, data: { kind: 'restore', by, reason } },
    { type: 'rule-restored', rule, data: { by, reason } },
  ]);
  await engine.ledger.lower(ledgerKeys.demoted(rule), tallies);
  engine.log.info({ rule, by, reason }, 'rule restored');
}
