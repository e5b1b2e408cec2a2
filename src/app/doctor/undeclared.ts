import type { DatabaseUsers, Technology } from './database-users.ts';
import type { Finding } from './finding.ts';

/** A database that rules name and nobody declared. Optional steps leave it out. */
export function undeclared(technology: Technology, name: string, { rules, isRequired }: DatabaseUsers<unknown>): Finding {
  const finding = { area: technology, about: `${technology}.${name}` } as const;
  const users = [...rules].join(', ');
  if (!isRequired) return { ...finding, verdict: 'ok', message: `is not declared; the steps of ${users} that would use it are optional` };
  return {
    ...finding,
    verdict: 'problem',
    message: `is not declared, and ${users} would use it`,
    fix: `add ${technology}.${name} to fixpoint.yaml`,
  };
}
