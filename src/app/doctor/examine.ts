import { actions } from '../../actions/catalogue.ts';
import type { Config } from '../../config/config.ts';
import type { CompiledRule } from '../../rule/compiled-rule.ts';
import type { Outside } from '../outside.ts';
import { examineChannels } from './examine-channels.ts';
import { examineClusters } from './examine-clusters.ts';
import { examineHttp } from './examine-http.ts';
import { examineQueries } from './examine-queries.ts';
import { examineRedis } from './examine-redis.ts';
import { areas, type Finding } from './finding.ts';

export interface Examination {
  readonly config: Config;
  readonly rules: readonly CompiledRule[];
  readonly outside: Pick<Outside, 'kubernetes' | 'http' | 'prometheus'>;
  readonly signal: AbortSignal;
}

/** Everything that a rule will need in an incident, asked before there is one. It only reads. */
export async function examine({ config, rules, outside, signal }: Examination): Promise<readonly Finding[]> {
  const { mode } = config.limits;
  const findings = await Promise.all([
    examineClusters({ rules, actions, kubernetes: outside.kubernetes, signal, ...(mode === undefined ? {} : { limit: mode }) }),
    examineHttp({ rules, config, http: outside.http, signal }),
    examineQueries({ rules, config, prometheus: outside.prometheus, signal }),
    examineChannels({ config, prometheus: outside.prometheus, signal }),
    examineRedis({ config, rules }),
  ]);
  return findings.flat().toSorted((a, b) => areas.indexOf(a.area) - areas.indexOf(b.area));
}
