import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
import type { PostgresReader } from '../../ports/postgres-target.ts';
import type { JsonObject } from '../../value/json.ts';
import { defineAction } from '../action.ts';
import { lengthBetween, lengthOf } from '../length.ts';
import { PostgresConnection, postgresTarget } from './postgres-connection.ts';
import { mayVacuum } from './postgres-needs.ts';
import { textAt } from './text-at.ts';

const mostTables = 200;

const Params = z
  .strictObject({
    connection: PostgresConnection,
    tables: z
      .array(z.string().regex(/^[A-Za-z_][\w$]{0,62}(?:\.[A-Za-z_][\w$]{0,62})?$/, 'must be the name of a table, or schema.table'))
      .min(1)
      .max(50)
      .optional()
      .describe('Tables, as `name` in the schema public or as `schema.name`; this or `all`.'),
    all: z.literal(true).optional().describe('Every table that has dead rows; this or `tables`.'),
    analyze: z.boolean().default(true).describe('Whether statistics are gathered, too.'),
    timeout: lengthBetween(1000, 600_000)
      .default('1m')
      .describe("How long each table may take; the step's own `timeout` has to be longer."),
  })
  .refine(({ tables, all }) => (tables === undefined) !== (all === undefined), 'must have exactly one of tables and all');

interface Table {
  readonly [key: string]: string;
  /** Quoted by the server, for a statement. */
  readonly quoted: string;
  readonly name: string;
}

type Intent = {
  readonly connection: string;
  readonly tables: readonly Table[];
  readonly analyze: boolean;
  readonly timeoutMs: number;
  /** The server's time when it was planned: a table that was vacuumed after it is done. */
  readonly plannedAt: string;
};

const found = `
  SELECT schemaname || '.' || relname AS name, quote_ident(schemaname) || '.' || quote_ident(relname) AS quoted,
         n_dead_tup::float8 AS dead, greatest(last_vacuum, last_autovacuum)::text AS "vacuumedAt", clock_timestamp()::text AS now
  FROM pg_stat_user_tables
  WHERE CASE WHEN $1::text[] IS NULL THEN n_dead_tup > 0 ELSE schemaname || '.' || relname = ANY($1::text[]) END
  ORDER BY n_dead_tup DESC, 1`;

/** A table with partitions has nothing of its own to vacuum: it is done when they are. */
const done = `
  SELECT name FROM (SELECT schemaname || '.' || relname AS name, relid FROM pg_stat_user_tables) AS wanted
  WHERE name = ANY($1::text[]) AND NOT EXISTS (
    SELECT FROM pg_stat_user_tables AS part JOIN pg_class AS c ON c.oid = part.relid
    WHERE c.relkind <> 'p' AND (part.relid = wanted.relid OR part.relid IN (SELECT relid FROM pg_partition_tree(wanted.relid)))
      AND NOT coalesce(part.last_vacuum > $2::timestamptz AND (NOT $3::boolean OR part.last_analyze > $2::timestamptz), false))`;

/** Servers before 15 count a moment later what they have done. */
const counting = { times: 12, pauseMs: 250 };

/** Plain VACUUM, never FULL: it locks out no reader or writer. Each table is done once, also over a crash. */
export const vacuum = defineAction<z.infer<typeof Params>, Intent>({
  name: 'postgres.vacuum',
  summary: 'Vacuum, and analyze, named tables or every one that has dead rows.',
  effect: 'converge',
  params: Params,
  target: postgresTarget,
  permissions: () => [],
  needs: ({ tables }) => [mayVacuum(tables?.map(inSchema))],
  async plan({ connection, tables, analyze, timeout }, { postgres, signal }) {
    const wanted = tables?.map(inSchema) ?? null;
    const { rows, truncated } = await postgres.read({ connection, sql: found, values: [wanted], most: mostTables }, signal);
    const missing = wanted?.filter((table) => !rows.some(({ name }) => name === table)) ?? [];
    if (missing.length > 0) throw new FixpointError('target.missing', `${connection} has no table ${missing.join(', ')}`);
    const intent: Intent = {
      connection,
      tables: rows.map((row) => ({ name: textAt(row, 'name'), quoted: textAt(row, 'quoted') })),
      analyze,
      timeoutMs: lengthOf(timeout),
      plannedAt: textAt(rows[0], 'now'),
    };
    return {
      intent,
      changes: rows.map((table) => ({
        what: `table ${textAt(table, 'name')}`,
        from: stateOf(table),
        to: analyze ? 'vacuumed and analyzed' : 'vacuumed',
      })),
      ...(truncated ? { notes: [`there are more tables than these ${mostTables}, with fewer dead rows; they are left alone`] } : {}),
    };
  },
  async apply(intent, { postgres, write, clock, signal }) {
    const { connection, tables, analyze, timeoutMs } = intent;
    for (const { quoted } of await openOf(intent, postgres, signal))
      await write.postgres.execute({ connection, sql: `VACUUM ${analyze ? '(ANALYZE) ' : ''}${quoted}`, timeoutMs }, signal);
    let open = await openOf(intent, postgres, signal);
    for (let asked = 1; open.length > 0 && asked < counting.times; asked += 1) {
      await clock.sleep(counting.pauseMs, signal);
      open = await openOf(intent, postgres, signal);
    }
    // To the server that is a warning, and the statement a success.
    if (open.length > 0)
      throw new FixpointError(
        'postgres.refused',
        `${connection} passed over ${open.map(({ name }) => name).join(', ')}: only who owns a table may vacuum it`,
      );
    return { tables: tables.map(({ name }) => name) };
  },
});

function inSchema(table: string): string {
  return table.includes('.') ? table : `public.${table}`;
}

/** Those that have not been done since the plan. */
async function openOf(
  { connection, tables, analyze, plannedAt }: Intent,
  postgres: PostgresReader,
  signal: AbortSignal,
): Promise<readonly Table[]> {
  const values = [tables.map(({ name }) => name), plannedAt, analyze];
  const { rows } = await postgres.read({ connection, sql: done, values, most: mostTables }, signal);
  const isDone = new Set(rows.map(({ name }) => name));
  return tables.filter(({ name }) => !isDone.has(name));
}

function stateOf(table: JsonObject): string {
  const vacuumedAt = textAt(table, 'vacuumedAt');
  return `${textAt(table, 'dead')} dead rows, ${vacuumedAt === '' ? 'never vacuumed' : `vacuumed ${vacuumedAt}`}`;
}
