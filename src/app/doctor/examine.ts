import { actions } from '../../actions/catalogue.ts';
import type { Config } from '../../config/config.ts';
import { messageOf } from '../../errors.ts';
import type { SourceSilence } from '../../pipeline/source-watch.ts';
import type { CompiledRule } from '../../rule/compiled-rule.ts';
import type { Outside } from '../outside.ts';
import { rightsOfConfig } from '../rights/rights-of-config.ts';
import { examineChannels } from './examine-channels.ts';
import { examineClusters } from './examine-clusters.ts';
import { examineHeartbeats } from './examine-heartbeats.ts';
import { examineHttp } from './examine-http.ts';
import { examineIdentities } from './examine-identities.ts';
import { examineQueries } from './examine-queries.ts';
import { examinePostgresTargets } from './examine-postgres-targets.ts';
import { examineRedisTargets } from './examine-redis-targets.ts';
import { examineRedis } from './examine-redis.ts';
import { areas, type Area, type Finding } from './finding.ts';

export interface Examination {
  readonly config: Config;
  readonly rules: readonly CompiledRule[];
  readonly outside: Pick<Outside, 'kubernetes' | 'http' | 'redis' | 'postgres' | 'prometheus' | 'clusters'>;
  readonly signal: AbortSignal;
  /** How long sources with a heartbeat were not heard, which only a running service knows. */
  silences?(): Promise<readonly SourceSilence[]>;
}

/** Everything that a rule will need in an incident, asked before there is one. It only reads. */
export async function examine({ config, rules, outside, signal, silences }: Examination): Promise<readonly Finding[]> {
  const { mode } = config.limits;
  const asked = { rules, actions, signal, ...(mode === undefined ? {} : { limit: mode }) };
  const { kubernetes, http, redis, postgres, prometheus, clusters } = outside;
  const findings = await Promise.all([
    sure('rights', () => examineClusters({ ...asked, ownRights: rightsOfConfig(config), kubernetes })),
    sure('http', () => examineHttp({ rules, actions, config, http, signal })),
    sure('queries', () => examineQueries({ rules, actions, config, prometheus, signal })),
    sure('escalation', () => examineChannels({ config, prometheus, signal })),
    sure('auth', () => examineIdentities({ config, clusters, signal })),
    sure('evidence', () => examineHeartbeats({ config, signal, ...(silences === undefined ? {} : { silences }) })),
    sure('redis', () => examineRedis({ config, rules })),
    sure('redis', () => examineRedisTargets({ ...asked, config, redis })),
    sure('postgres', () => examinePostgresTargets({ ...asked, config, postgres, kubernetes })),
  ]);
  return findings.flat().toSorted((a, b) => areas.indexOf(a.area) - areas.indexOf(b.area));
}

/** What cannot be examined is not known to be well, and keeps nothing else from being examined. */
async function sure(area: Area, look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    const message = `could not be examined: ${messageOf(error)}`;
    return [{ area, about: area, verdict: 'problem', message, fix: 'see what the message says; if it is Fixpoint itself, report it' }];
  }
}
