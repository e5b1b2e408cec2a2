import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { RedisDeployment, RedisReader } from '../../ports/redis-target.ts';
import type { Json } from '../../value/json.ts';
import { printable } from '../../value/printable.ts';
import { secretNamesIn } from '../../value/secret-marker.ts';
import { defineAction } from '../action.ts';
import { onEachOnce } from './each-node.ts';
import { ownerOf } from './owner.ts';
import { redactAnswer } from './redact-answer.ts';
import { commandNeeds, mastersOf, onNode, RedisConnection, redisTarget, requireSameDatabase } from './redis-connection.ts';

const longestAnswer = 1000;

const Params = z.strictObject({
  connection: RedisConnection,
  command: z
    .array(
      z
        .string()
        .max(4096)
        .refine((text) => secretNamesIn(text).length === 0, 'must not hold a secret: Redis shows commands in MONITOR and SLOWLOG'),
    )
    .min(1)
    .max(64)
    .describe('The command and its arguments, one text each; `commands` of the connection has to allow it.'),
  on: z.enum(['owner', 'masters', 'nodes']).default('owner').describe('The master that holds its keys, every master, or every node.'),
  converges: z
    .boolean()
    .default(false)
    .describe(
      'Whether sending it twice is sending it once; `commands` of the connection has to say so too. Otherwise it is never repeated.',
    ),
});

type Intent = {
  readonly connection: string;
  readonly command: readonly string[];
  readonly nodes: readonly string[];
  readonly database: number;
  readonly converges: boolean;
};

/** Any command that the configuration allows. */
export const command = defineAction<z.infer<typeof Params>, Intent>({
  name: 'redis.command',
  summary: 'Send a command that the configuration of the connection allows; one that empties a database is bound as redis.flush is.',
  effect: 'once',
  effectOf: ({ converges }) => (converges === true ? 'converge' : 'once'),
  literal: ['converges'],
  doesAs: ({ command: words }) => (mayFlush(words) ? 'redis.flush' : undefined),
  params: Params,
  target: redisTarget,
  permissions: () => [],
  needs: ({ command: words }, open) => (open.has('command') ? [] : commandNeeds({ isForChanging: true }, words)),
  async plan(params, { redis, signal }) {
    const { connection, command: words, converges } = params;
    requireAllowed(redis, params);
    const deployment = await redis.deployment(connection, signal);
    const nodes = await nodesFor(redis, { ...params, deployment }, signal);
    return {
      intent: { connection, command: words, nodes, database: deployment.database, converges },
      changes: nodes.map((node) => ({
        what: `${printable(words.join(' '), 200)}${onNode(deployment, node)}`,
        from: 'not sent',
        to: 'sent',
      })),
      notes: ['what it changes is known to whoever wrote the rule, not to Fixpoint'],
    };
  },
  async apply({ connection, command: words, nodes, database, converges }, { redis, write, signal }) {
    requireAllowed(redis, { connection, command: words, converges });
    const deployment = await redis.deployment(connection, signal);
    requireSameDatabase({ connection, database }, deployment);
    const gone = nodes.find((node) => !deployment.nodes.some(({ address }) => address === node));
    if (gone !== undefined) throw new FixpointError('target.changed', `${gone} is no node of ${connection} any more`);
    const answers: Json[] = [];
    await onEachOnce(nodes, async (node) => {
      answers.push({ node, answer: bounded(redactAnswer(await write.redis.send({ connection, node, command: words }, signal), words)) });
    });
    return { answers };
  },
});

/** Whether what is written empties databases, or nobody can tell yet. */
function mayFlush(words: Json | undefined): boolean {
  const name: unknown = Array.isArray(words) ? words[0] : words;
  return typeof name !== 'string' || name.includes('${') || /^flush(?:db|all)$/i.test(name);
}

function requireAllowed(
  redis: RedisReader,
  { connection, command: words, converges }: Pick<Intent, 'connection' | 'command' | 'converges'>,
): void {
  const allowed = redis.allowed(connection, words);
  const name = printable(words.slice(0, 2).join(' '), 60);
  if (allowed === undefined)
    throw new FixpointError('redis.refused', `${name} is not among the commands that redis.${connection} allows in fixpoint.yaml`);
  if (converges && !allowed.converges)
    throw new FixpointError('redis.refused', `redis.${connection} in fixpoint.yaml does not say that ${name} converges`);
}

async function nodesFor(
  redis: RedisReader,
  { connection, command: words, on, deployment }: z.infer<typeof Params> & { readonly deployment: RedisDeployment },
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (on === 'nodes') return deployment.nodes.map(({ address }) => address);
  const masters = mastersOf(deployment).map(({ address }) => address);
  const [first] = masters;
  if (on === 'masters' || first === undefined || deployment.kind !== 'cluster') return masters;
  const keys = await redis.read({ connection, node: first, command: ['COMMAND', 'GETKEYS', ...words] }, signal).catch((error: unknown) => {
    if (!(error instanceof FixpointError) || error.code !== 'redis.failed') throw error;
    throw new FixpointError(
      'target.ambiguous',
      `${printable(words[0])} names no key, and ${connection} is a cluster: say \`on: masters\` or \`on: nodes\``,
    );
  });
  const { address } = await ownerOf(redis, { connection, deployment, keys: Array.isArray(keys) ? keys.map(String) : [] }, signal);
  return [address];
}

/** An answer that is long is told by its beginning. */
function bounded(answer: Json): Json {
  const text = JSON.stringify(answer);
  return text.length <= longestAnswer ? answer : `${text.slice(0, longestAnswer)}…`;
}
