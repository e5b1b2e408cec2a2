import { checkRedis } from '../../adapters/redis/check-redis.ts';
import type { Config } from '../../config/config.ts';
import type { CompiledRule } from '../../rule/compiled-rule.ts';
import { parseTarget } from '../../value/target.ts';
import { probeAlerts, unknowns } from '../rights/probe-alerts.ts';
import { redisPlace } from '../redis-place.ts';
import type { Finding } from './finding.ts';

/** Whether our own Redis keeps what it is given, and is not one that a rule may restart. */
export async function examineRedis({
  config,
  rules,
}: {
  readonly config: Pick<Config, 'redis' | 'redisSentinel' | 'redisTls'>;
  readonly rules: readonly CompiledRule[];
}): Promise<readonly Finding[]> {
  const finding = { area: 'redis', about: 'our own Redis' } as const;
  const place = redisPlace(config);
  if (place === undefined) return [{ ...finding, verdict: 'ok', message: 'a private one, append-only and without eviction' }];
  const problems = await checkRedis(place);
  const findings = problems.map(({ message }): Finding => ({
    ...finding,
    verdict: 'problem',
    message,
    fix: 'set it up as docs/configuration.md says, or name another with --redis',
  }));
  const hosts = typeof place === 'string' || 'address' in place ? [hostOf(place)] : place.sentinels.map(({ host }) => host);
  const actor = rules.find((rule) => hosts.some((host) => actsOn(rule, host)));
  if (actor !== undefined)
    findings.push({
      ...finding,
      verdict: 'problem',
      message: `rule ${actor.name} acts on it: a remediator that needs what it mends cannot mend it`,
      fix: 'give Fixpoint a Redis of its own',
    });
  return findings.length > 0 ? findings : [{ ...finding, verdict: 'ok', message: 'persists, and evicts nothing' }];
}

function hostOf(place: string | { readonly address: string }): string {
  return URL.parse(typeof place === 'string' ? place : place.address)?.hostname ?? '';
}

/** Whether a rung acts on the workload that a Service of this address (`name.namespace…`) is called after. */
function actsOn(rule: CompiledRule, hostname: string): boolean {
  const [name, namespace] = hostname.split('.');
  if (name === undefined || namespace === undefined) return false;
  return probeAlerts(rule, unknowns[0]).some((alert) =>
    rule.ladder.some((rung) => {
      try {
        const target = parseTarget(rung.target(alert) ?? '');
        return target?.technology === 'kubernetes' && target.namespace === namespace && target.name === name;
      } catch {
        return false;
      }
    }),
  );
}
