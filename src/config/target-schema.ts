import { z } from 'zod';
import { parseTarget } from '../value/target.ts';
import { Duration, SecretRef } from './fields.ts';

export const Address = z
  .string()
  .regex(/^(?:\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9](?:[-A-Za-z0-9.]{0,251}[A-Za-z0-9])?):(?!0+$)\d{1,5}$/, 'expected host:port')
  .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) < 65_536, 'expected host:port')
  .meta({ title: 'host:port' });

export const Tls = z
  .union([z.boolean(), z.strictObject({ ca: z.string().min(1) })])
  .default(false)
  .meta({ title: '`true`, `false` or `{ca: <path>}`' })
  .describe('Whether the connection is encrypted and the server proves who it is, by known authorities or by the ones in a file.');

const Timeout = Duration.default('5s').describe('How long each question to it may take.');

/** What changes the connection itself, which others use after it, or hides what it does in a script. */
const forbiddenCommands = new Set(
  [
    'SELECT SWAPDB MULTI EXEC DISCARD WATCH UNWATCH AUTH HELLO RESET QUIT ASKING READONLY READWRITE MONITOR SYNC PSYNC',
    'SUBSCRIBE PSUBSCRIBE SSUBSCRIBE UNSUBSCRIBE PUNSUBSCRIBE SUNSUBSCRIBE EVAL EVAL_RO EVALSHA EVALSHA_RO FCALL FCALL_RO FUNCTION SCRIPT',
  ].flatMap((line) => line.split(' ')),
);
/** Of CLIENT, what is about other connections. */
const clientCommands = new Set(['KILL', 'LIST', 'PAUSE', 'UNPAUSE', 'UNBLOCK']);

function isForbidden(text: string): boolean {
  const [name = '', subcommand = ''] = text.toUpperCase().split(' ');
  return forbiddenCommands.has(name) || (name === 'CLIENT' && !clientCommands.has(subcommand));
}

/** One Redis to remediate: a single server, a set under Sentinel, or a cluster. */
export const RedisTarget = z
  .strictObject({
    address: Address.optional().describe('A single server.'),
    sentinel: z
      .strictObject({
        addresses: z.array(Address).min(1),
        master: z
          .string()
          .regex(/^[-.\w]{1,100}$/, 'expected the name of a master')
          .describe('Its name at the sentinels.'),
        password: SecretRef.optional().describe("The sentinels' own."),
      })
      .optional()
      .describe('A master and its replicas, found by asking sentinels.'),
    cluster: z.array(Address).min(1).optional().describe('A cluster: some of its nodes, the others are found by asking them.'),
    username: z.string().min(1).optional(),
    password: SecretRef.optional(),
    database: z.int().min(0).max(10_000).default(0).describe('The database that is looked at and flushed; a cluster has only 0.'),
    tls: Tls,
    timeout: Timeout,
    commands: z
      .array(
        z.strictObject({
          command: z
            .string()
            .regex(/^[A-Za-z][-A-Za-z._]{0,40}(?: [A-Za-z][-A-Za-z]{0,40})?$/, 'expected a command such as XTRIM or CLIENT KILL')
            .refine((text) => !isForbidden(text), 'it changes the connection, or runs a script')
            .describe('A command, or a command and its subcommand.'),
          converges: z.boolean().default(false).describe('Whether sending it twice is the same as sending it once.'),
        }),
      )
      .default([])
      .describe('What `redis.command` may send.'),
  })
  .refine(
    ({ address, sentinel, cluster }) => [address, sentinel, cluster].filter((way) => way !== undefined).length === 1,
    'expected exactly one of address, sentinel and cluster',
  )
  .refine(({ cluster, database }) => cluster === undefined || database === 0, 'a cluster has only database 0');

const scalable = /^kubernetes\/[^/]+\/[^-/][^/]*\/(?:deployment|statefulset)\.apps\/[^/]+$/;

/** One PostgreSQL database to remediate. */
export const PostgresTarget = z.strictObject({
  address: Address.describe('The server.'),
  database: z.string().min(1).max(63).describe('The database that is connected to.'),
  username: z.string().min(1).max(63),
  password: SecretRef.optional(),
  tls: Tls,
  timeout: Timeout,
  pools: z
    .array(
      z.strictObject({
        workload: z
          .string()
          .refine(
            (text) => scalable.test(text) && parseTarget(text) !== undefined,
            'expected kubernetes/<cluster>/<namespace>/deployment.apps/<name>',
          )
          .describe('A Deployment or StatefulSet whose replicas connect, as a target.'),
        perReplica: z.int().min(1).max(10_000).describe('Connections that one replica opens at most: its pool, times its processes.'),
        most: z
          .int()
          .min(0)
          .max(10_000)
          .optional()
          .describe('Replicas there may be at most, surge included. Without it: as many as now, or as a rule scales to.'),
        user: z.string().min(1).max(63).describe('The role that it connects as; sessions of all others count as they are.'),
      }),
    )
    .max(100)
    .optional()
    .describe('Who keeps pools of connections: `fixpoint doctor` adds them up against max_connections.'),
});
