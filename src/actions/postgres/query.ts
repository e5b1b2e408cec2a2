import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import { redactJson } from '../../value/redact-json.ts';
import { secretNamesIn } from '../../value/secret-marker.ts';
import { defineAction } from '../action.ts';
import { lengthBetween, lengthOf } from '../length.ts';
import { PostgresConnection } from './postgres-connection.ts';
import { canBeRead } from './postgres-needs.ts';

/**
 * Functions that act although the transaction can only read, by their names wherever they stand: comments and quotes around a name change
 * nothing. The connection's own rights are what really bounds them.
 */
const acting =
  /\b(?:pg_(?:terminate_backend|cancel_backend|reload_conf|rotate_logfile|promote|switch_(?:wal|xlog)|create_\w+|log_backend_memory_contexts|log_standby_snapshot|drop_replication_slot|copy_\w+_slot|replication_(?:slot_advance|origin_\w+)|sync_replication_slots|logical_slot_get_\w+|logical_emit_message|wal_replay_(?:pause|resume)|(?:start|stop)_backup|backup_(?:start|stop)|(?:try_)?advisory_\w+|sleep(?:_for|_until)?|notify|read_\w*file|ls_\w+|stat_file|file_\w+|import_system_collations|\w*_reset\w*|export_snapshot|prewarm|buffercache_evict\w*)|lo_(?:creat|create|unlink|import|export|open|put|from_bytea|truncate|truncate64)|lowrite|dblink\w*|set_config|setval|nextval|ts_stat|ts_rewrite|(?:query|cursor|table|schema|database)_to_xml\w*)\b/i;
/** A name that is spelt by numbers of characters cannot be looked for. */
const spelt = /\bu&"/i;

/** Everything that is kept of the answer, characters of JSON. */
const mostKept = 32_768;

const Params = z.strictObject({
  connection: PostgresConnection,
  sql: z
    .string()
    .min(1)
    .max(10_000)
    .regex(/^\s*(?:select|with|values|table)\b/i, 'must be one SELECT, WITH, VALUES or TABLE')
    .refine((sql) => !acting.test(sql), 'names a function that does more than read')
    .refine((sql) => !spelt.test(sql), 'must not have names that are written as U&"…"')
    .describe('One query, as it is; what comes from alerts is bound as `$1`, `$2`, … by `values`. A trailing `;` is left out.'),
  values: z
    .array(z.union([z.string().max(4000), z.number(), z.boolean(), z.null()]))
    .max(20)
    .refine((values) => values.every((value) => typeof value !== 'string' || secretNamesIn(value).length === 0), 'must not hold a secret')
    .default([])
    .describe('What `$1`, `$2`, … stand for.'),
  most: z.int().min(1).max(200).default(50).describe('Rows that are kept.'),
  timeout: lengthBetween(100, 60_000).default('5s').describe('How long the server may work on it.'),
});

/** Output: `{ rows: [{ <column>: … }], count, truncated }`. */
export const query = defineAction<z.infer<typeof Params>, null>({
  name: 'postgres.query',
  summary: 'Read rows with a query, in a transaction that can write nothing.',
  effect: 'read',
  literal: ['sql'],
  params: Params,
  target: () => undefined,
  permissions: () => [],
  needs: ({ sql, values }) => [canBeRead(bare(sql), values.length)],
  async plan({ connection, sql, values, most, timeout }, { postgres, signal }) {
    const statement = { connection, sql: bare(sql), values, most, timeoutMs: lengthOf(timeout) };
    const { rows, truncated } = await postgres.read(statement, signal);
    const size = JSON.stringify(rows).length;
    if (size > mostKept)
      throw new FixpointError('postgres.failed', `the answer of ${connection} has ${size} characters, more than ${mostKept}: ask for less`);
    return { intent: null, changes: [], output: { rows: redactJson(rows), count: rows.length, truncated } };
  },
  apply: () => Promise.resolve(null),
});

function bare(sql: string): string {
  return sql.trim().replace(/;$/, '');
}
