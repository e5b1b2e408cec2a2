import { z } from 'zod';
import { FixpointError } from '../../errors.ts';
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

const done = `
  SELECT schemaname || '.' || relname AS name FROM pg_stat_user_tables
  WHERE schemaname || '.' || relname = ANY($1::text[]) AND last_vacuum > $2::timestamptz AND (NOT $3::boolean OR last_analyze > $2::timestamptz)`;

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
  async apply({ connection, tables, analyze, timeoutMs, plannedAt }, { postgres, write, signal }) {
    const names = tables.map(({ name }) => name);
    const { rows } = await postgres.read({ connection, sql: done, values: [names, plannedAt, analyze], most: mostTables }, signal);
    const isDone = new Set(rows.map(({ name }) => name));
    for (const { name, quoted } of tables) {
      if (isDone.has(name)) continue;
      await write.postgres.execute({ connection, sql: `VACUUM ${analyze ? '(ANALYZE) ' : ''}${quoted}`, timeoutMs }, signal);
    }
    return { tables: names };
  },
});

function inSchema(table: string): string {
  return table.includes('.') ? table : `public.${table}`;
}

function stateOf(table: JsonObject): string {
  const vacuumedAt = textAt(table, 'vacuumedAt');
  return `${textAt(table, 'dead')} dead rows, ${vacuumedAt === '' ? 'never vacuumed' : `vacuumed ${vacuumedAt}`}`;
}
