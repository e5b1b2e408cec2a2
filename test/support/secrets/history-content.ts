import { Client } from 'pg';

/** Every row of our tables in a PostgreSQL, as text; nothing where it does not answer (any more). */
export async function* historyContent(url: string): AsyncGenerator<{ readonly table: string; readonly text: string }> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000, query_timeout: 20_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch {
    return;
  }
  try {
    const tables = await client.query<{ name: string }>("SELECT tablename AS name FROM pg_tables WHERE tablename LIKE 'fixpoint\\_%'");
    for (const { name } of tables.rows) {
      const { rows } = await client.query<{ text: string }>(`SELECT each::text AS text FROM "${name}" AS each`);
      for (const { text } of rows) yield { table: name, text };
    }
  } finally {
    await client.end();
  }
}
