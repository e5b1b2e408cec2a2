import type { DatabaseNeed } from '../action.ts';

type PostgresNeed = Extract<DatabaseNeed, { technology: 'postgres' }>;

/** That the user has the privileges of a role that PostgreSQL itself defines. */
export function privilegesOf(
  role: 'pg_read_all_stats' | 'pg_signal_backend',
  { isForChanging }: Pick<PostgresNeed, 'isForChanging'>,
): PostgresNeed {
  const sql = `
    SELECT 'the privileges of ${role}' AS lacks, 'GRANT ${role} TO ' || quote_ident(current_user) AS mend
    WHERE NOT pg_has_role(current_user, '${role}', 'USAGE')`;
  return { technology: 'postgres', sql, values: [], isForChanging };
}

/** That the query can be read and its tables may be: it is begun, and gives no rows. What `$1`, `$2`, … stand for does not matter. */
export function canBeRead(sql: string, values: number): PostgresNeed {
  const begun = `SELECT NULL AS lacks, NULL AS mend FROM (${sql}\n) AS asked LIMIT 0`;
  return { technology: 'postgres', sql: begun, values: Array.from({ length: values }, () => null), isForChanging: false };
}

const unvacuumable = `
  SELECT 'the right to vacuum ' || coalesce(string_agg(wanted, ', ' ORDER BY wanted), '') AS lacks,
         'make ' || quote_ident(current_user) || ' a member of their owner' || CASE WHEN version >= 170000 THEN ', or GRANT MAINTAIN on them' ELSE '' END AS mend
  FROM (SELECT current_setting('server_version_num')::int AS version) AS server,
       unnest(coalesce($1::text[], (SELECT array_agg(schemaname || '.' || relname) FROM pg_stat_user_tables))) AS wanted
  LEFT JOIN pg_stat_user_tables AS known ON known.schemaname || '.' || known.relname = wanted
  LEFT JOIN pg_class AS t ON t.oid = known.relid
  WHERE NOT coalesce(
    pg_has_role(current_user, t.relowner, 'USAGE')
      OR pg_has_role(current_user, (SELECT datdba FROM pg_database WHERE datname = current_database()), 'USAGE')
      OR CASE WHEN version >= 170000 THEN has_table_privilege(current_user, t.oid, 'MAINTAIN') ELSE false END, false)
  GROUP BY version`;

/** That tables may be vacuumed; without names, every one that there is. */
export function mayVacuum(tables: readonly string[] | undefined): PostgresNeed {
  return { technology: 'postgres', sql: unvacuumable, values: [tables ?? null], isForChanging: true };
}
