import type { DatabaseNeed } from '../../actions/action.ts';
import { textAt } from '../../actions/postgres/text-at.ts';
import { ask } from './ask.ts';
import { databaseUsers, type DatabaseUsers } from './database-users.ts';
import { examinePools, type PostgresQuestion } from './examine-pools.ts';
import type { Finding } from './finding.ts';
import { undeclared } from './undeclared.ts';

type Users = DatabaseUsers<Extract<DatabaseNeed, { technology: 'postgres' }>>;

/** Whether each PostgreSQL that is declared, or that a rule names, answers, is not the one of our history, and lets us do what rules do. */
export async function examinePostgresTargets(question: PostgresQuestion): Promise<readonly Finding[]> {
  const { config } = question;
  const users = databaseUsers('postgres', question);
  const nobody: Users = { rules: new Set(), isRequired: false, needs: [] };
  const names = [...new Set([...config.postgresTargets.keys(), ...users.keys()])];
  const findings = names.map(async (name) => {
    const here = users.get(name) ?? nobody;
    return config.postgresTargets.has(name) ? await examineOne(name, here, question) : [undeclared('postgres', name, here)];
  });
  return (await Promise.all(findings)).flat();
}

async function examineOne(connection: string, users: Users, question: PostgresQuestion): Promise<readonly Finding[]> {
  const { postgres, signal, config } = question;
  const finding = { area: 'postgres', about: `postgres.${connection}` } as const;
  const answered = await ask((asked) => postgres.read({ connection, sql: 'SELECT 1 AS one', most: 1 }, asked), signal);
  if ('code' in answered) {
    const fix =
      answered.code === 'postgres.refused'
        ? `mend address, database, username and password of postgres.${connection} in fixpoint.yaml`
        : `see whether it runs, and whether postgres.${connection} in fixpoint.yaml says where`;
    return [{ ...finding, verdict: 'problem', message: answered.message, fix }];
  }
  const findings: Finding[] = [];
  for (const { need, rules } of users.needs) {
    const { sql, values } = need;
    const told = await ask((asked) => postgres.read({ connection, sql, values, most: 10 }, asked), signal);
    const names = [...rules].join(', ');
    if ('code' in told)
      findings.push({
        ...finding,
        verdict: 'problem',
        message: `${told.message}; ${names} would ask it`,
        fix: 'mend the query in the rule, or grant what it reads',
      });
    else
      for (const row of told.answer.rows)
        findings.push({
          ...finding,
          verdict: 'problem',
          message: `its user lacks ${textAt(row, 'lacks')}, which ${names} would need`,
          fix: textAt(row, 'mend'),
        });
  }
  const { pools = [] } = config.postgresTargets.get(connection) ?? {};
  const counted = pools.length === 0 ? [] : await examinePools(connection, pools, question);
  if (findings.length > 0) return [...findings, ...counted];
  return [{ ...finding, verdict: 'ok', message: 'answers and lets its user do what rules do' }, ...counted];
}
