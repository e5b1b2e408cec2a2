/** In growing power: each role may do what those before it may. */
export const roles = ['webhook', 'viewer', 'operator', 'admin'] as const;

export type Role = (typeof roles)[number];

/** What somebody may do; with `namespaces` an operator of these only. */
export interface Standing {
  readonly role: Role;
  readonly namespaces?: readonly string[];
}

export function isAllowed(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}

/** Of several the most powerful; namespaces of the same role add up, and one without any limit lifts it. */
export function strongest(standings: readonly Standing[]): Standing | undefined {
  const role = roles.findLast((candidate) => standings.some((standing) => standing.role === candidate));
  if (role === undefined) return undefined;
  const limits = standings.filter((standing) => standing.role === role).map(({ namespaces }) => namespaces);
  const namespaces = limits.every((limit) => limit !== undefined) ? [...new Set(limits.flat())] : undefined;
  return { role, ...(namespaces === undefined ? {} : { namespaces }) };
}
