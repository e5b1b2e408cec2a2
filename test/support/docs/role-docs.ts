/** The routes of an OpenAPI document that need a role, as docs/security.md lists them. */
export interface DescribedApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedRoute>>>>;
}

interface DescribedRoute {
  readonly 'summary': string;
  readonly 'x-fixpoint-role'?: string;
}

/** What an operator of some namespaces may do with the routes of operators: a route without an entry here has not been thought about. */
export const limits: Readonly<Record<string, string>> = {
  'POST /api/v1/runs/{id}/approve': 'runs about these',
  'POST /api/v1/runs/{id}/deny': 'runs about these',
  'POST /api/v1/runs/{id}/cancel': 'runs about these',
  'POST /api/v1/runs/{id}/undo': 'runs about these',
  'POST /api/v1/runs/{id}/acknowledge': 'runs about these',
  'POST /api/v1/runs/{id}/replay': 'for real, runs about these, by their own rule; all as plans',
  'POST /api/v1/replay': 'for real, runs about these, by their own rule; all as plans',
  'POST /api/v1/pauses': 'of one of these, or a target in them',
  'DELETE /api/v1/pauses/{id}': 'of one of these, or a target in them',
  'POST /api/v1/rules/{name}/restore': 'rules that act in these only, whatever an alert says',
};

const order = ['anyone', 'webhook', 'viewer', 'operator', 'admin'];

/** The table of routes and the least role that each needs, least first. */
export function roleTable({ paths }: DescribedApi): string {
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, route]) => {
      const name = `${method.toUpperCase()} ${path}`;
      const role = route['x-fixpoint-role'] ?? 'anyone';
      const limit = role === 'operator' ? (limits[name] ?? 'not decided') : '';
      return { name, role, limit };
    }),
  );
  const sorted = routes.toSorted((a, b) => order.indexOf(a.role) - order.indexOf(b.role));
  const rows = sorted.map(({ name, role, limit }) => `| \`${name}\` | ${role} | ${limit} |`);
  return ['| route | least role | an operator of some namespaces |', '|---|---|---|', ...rows].join('\n');
}
