import type { AnyAction, DatabaseNeed } from '../../actions/action.ts';
import type { Config } from '../../config/config.ts';
import type { RedisDeployment, RedisReader } from '../../ports/redis-target.ts';
import type { CompiledRule } from '../../rule/compiled-rule.ts';
import type { Mode } from '../../rule/mode.ts';
import { printable } from '../../value/printable.ts';
import { ask } from './ask.ts';
import { databaseUsers, type DatabaseUsers } from './database-users.ts';
import type { Finding } from './finding.ts';
import { undeclared } from './undeclared.ts';

type Users = DatabaseUsers<Extract<DatabaseNeed, { technology: 'redis' }>>;

interface Asking {
  readonly rules: readonly CompiledRule[];
  readonly actions: ReadonlyMap<string, AnyAction>;
  readonly limit?: Mode;
  readonly config: Pick<Config, 'redisTargets'>;
  readonly redis: RedisReader;
  readonly signal: AbortSignal;
}

/** Whether each Redis that is declared, or that a rule names, answers with all its nodes, is none of ours, and lets us do what rules do. */
export async function examineRedisTargets(asking: Asking): Promise<readonly Finding[]> {
  const { config } = asking;
  const users = databaseUsers('redis', asking);
  const nobody: Users = { rules: new Set(), isRequired: false, needs: [] };
  const names = [...new Set([...config.redisTargets.keys(), ...users.keys()])];
  const findings = names.map(async (name) => {
    const here = users.get(name) ?? nobody;
    return config.redisTargets.has(name) ? await examineOne(name, here, asking) : [undeclared('redis', name, here)];
  });
  return (await Promise.all(findings)).flat();
}

async function examineOne(connection: string, users: Users, { redis, signal }: Asking): Promise<readonly Finding[]> {
  const finding = { area: 'redis', about: `redis.${connection}` } as const;
  const deployed = await ask((asked) => redis.deployment(connection, asked), signal);
  if ('code' in deployed) {
    const fix =
      deployed.code === 'redis.refused'
        ? `mend address, username and password of redis.${connection} in fixpoint.yaml`
        : `see whether it runs, and whether redis.${connection} in fixpoint.yaml says where`;
    return [{ ...finding, verdict: 'problem', message: deployed.message, fix }];
  }
  const { nodes } = deployed.answer;
  const findings = (await Promise.all(nodes.map(({ address }) => examineRights({ connection, address, users }, redis, signal)))).flat();
  if (findings.length > 0) return findings.map((each) => ({ ...finding, ...each }));
  return [{ ...finding, verdict: 'ok', message: `${described(deployed.answer)} and lets its user do what rules do` }];
}

function described({ kind, nodes }: RedisDeployment): string {
  return kind === 'standalone' ? 'answers' : `answers (${kind} of ${nodes.length} nodes)`;
}

type Lack = { readonly verdict: 'problem' | 'warning'; readonly message: string; readonly fix: string };

/** Redis 7 can tell what a command would be answered, without it being carried out. */
async function examineRights(
  { connection, address: node, users }: { readonly connection: string; readonly address: string; readonly users: Users },
  redis: RedisReader,
  signal: AbortSignal,
): Promise<readonly Lack[]> {
  if (users.needs.length === 0) return [];
  const who = await ask((asked) => redis.read({ connection, node, command: ['ACL', 'WHOAMI'] }, asked), signal);
  if ('code' in who) return [untold(node, who.message)];
  const user = typeof who.answer === 'string' ? who.answer : '';
  const lacks: Lack[] = [];
  for (const { need, rules } of users.needs) {
    const answered = await ask(
      (asked) => redis.read({ connection, node, command: ['ACL', 'DRYRUN', user, ...need.command] }, asked),
      signal,
    );
    if ('code' in answered && (answered.code !== 'redis.failed' || /unknown subcommand/i.test(answered.message)))
      return [untold(node, answered.message)];
    const said = 'code' in answered ? answered.message : typeof answered.answer === 'string' ? answered.answer : '';
    if (said === 'OK') continue;
    const [, denied] = /to run the '([^']+)' command/.exec(said) ?? [];
    lacks.push({
      verdict: 'problem',
      message: `${node}: ${printable(said, 200)}; ${[...rules].join(', ')} would send it`,
      fix: denied === undefined ? `mend the rule, or what ACL SETUSER ${user} allows` : `ACL SETUSER ${user} +${denied}`,
    });
  }
  return lacks;
}

function untold(node: string, message: string): Lack {
  return {
    verdict: 'warning',
    message: `${node} does not tell what its user may do: ${message}`,
    fix: 'allow the user acl|whoami and acl|dryrun (Redis 7), or try by hand what the rules send',
  };
}
