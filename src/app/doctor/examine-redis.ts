import { checkRedis } from '../../adapters/redis/check-redis.ts';
import type { Config } from '../../config/config.ts';
import type { CompiledRule } from '../../rule/compiled-rule.ts';
import { parseTarget } from '../../value/target.ts';
import { probeAlerts, unknowns } from '../rights/probe-alerts.ts';
import type { Finding } from './finding.ts';

/** Whether our own Redis keeps what it is given, and is not one that a rule may restart. */
export async function examineRedis({
  config,
  rules,
}: {
  readonly config: Pick<Config, 'redis'>;
  readonly rules: readonly CompiledRule[];
}): Promise<readonly Finding[]> {
  const finding = { area: 'redis', about: 'our own Redis' } as const;
  if (config.redis === undefined) return [{ ...finding, verdict: 'ok', message: 'a private one, append-only and without eviction' }];
  const url = config.redis().reveal();
  const problems = await checkRedis(url);
  const findings = problems.map(({ message }): Finding => ({
    ...finding,
    verdict: 'problem',
    message,
    fix: 'set it up as docs/configuration.md says, or name another with --redis',
  }));
  const actor = rules.find((rule) => actsOn(rule, URL.parse(url)?.hostname ?? ''));
  if (actor !== undefined)
    findings.push({
      ...finding,
      verdict: 'problem',
      message: `rule ${actor.name} acts on it: a remediator that needs what it mends cannot mend it`,
      fix: 'give Fixpoint a Redis of its own',
    });
  return findings.length > 0 ? findings : [{ ...finding, verdict: 'ok', message: 'persists, and evicts nothing' }];
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
