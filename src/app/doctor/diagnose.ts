import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { ownIdentity } from '../../adapters/redis/own-identity.ts';
import { RedisLink } from '../../adapters/redis/redis-link.ts';
import { createLog } from '../../adapters/telemetry/log.ts';
import type { Config } from '../../config/config.ts';
import { FixpointError } from '../../errors.ts';
import { formatProblem } from '../../rule/load.ts';
import { platforms } from '../../sandbox/patients/catalogue.ts';
import { readClusterSecrets } from '../cluster-secrets.ts';
import { connectOutside } from '../outside.ts';
import { ownPostgres } from '../own-postgres.ts';
import { redisPlace } from '../redis-place.ts';
import { loadRules } from '../rulebook-shelf.ts';
import { withSandbox, type SandboxPlace } from '../sandbox-config.ts';
import { shapes } from '../shapes.ts';
import { examine } from './examine.ts';
import type { Finding } from './finding.ts';

/** Examines the configuration and the rules of a place without a running service; `isSandbox`: with the sandbox that runs on its data folder. */
export async function diagnose(given: Config, { isSandbox }: { readonly isSandbox: boolean }): Promise<readonly Finding[]> {
  const config = isSandbox ? withSandbox(given, runningSandbox(given.data), platforms).config : given;
  const { rulebook, problems } = loadRules(config, shapes());
  const ruleFindings = problems.map((problem): Finding => ({
    area: 'rules',
    about: problem.file,
    verdict: problem.severity === 'error' ? 'problem' : 'warning',
    message: formatProblem(problem),
    fix: 'fixpoint check',
  }));
  const log = createLog({ level: 'error', isTerminal: false });
  // A private Redis listens on no port: no target can be it.
  const place = redisPlace(config);
  const link = place === undefined ? undefined : new RedisLink({ url: place, log });
  const redis = async () => (link === undefined ? new Set<string>() : await ownIdentity(link));
  const outside = connectOutside(config, { clock: systemClock(), log, own: { redis, postgres: ownPostgres(config) } });
  try {
    const unread = (await readClusterSecrets(config.kubernetesSecrets, { ...outside, log })).map(unreadFinding);
    const rules = rulebook?.rules ?? [];
    return [...ruleFindings, ...unread, ...(await examine({ config, rules, outside, signal: AbortSignal.timeout(120_000) }))];
  } finally {
    await outside.close();
    await link?.close();
  }
}

function unreadFinding(message: string): Finding {
  const fix = 'create the Secret, or mend its name; fixpoint rbac prints the right to read it';
  return { area: 'rights', about: 'fixpoint.yaml', verdict: 'problem', message, fix };
}

function runningSandbox(data: string): SandboxPlace {
  const file = join(data, 'sandbox.json');
  if (!existsSync(file)) throw new FixpointError('config.invalid', `no sandbox runs on ${data}: there is no ${file}`);
  return JSON.parse(readFileSync(file, 'utf8')) as SandboxPlace;
}
