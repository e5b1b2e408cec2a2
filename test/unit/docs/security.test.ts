import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { roles } from '../../../src/value/role.ts';
import { limits, roleTable, type DescribedApi } from '../../support/docs/role-docs.ts';
import { buildApi, closeApis, get, tokenOf, type Api } from '../api/api-fixture.ts';

afterEach(closeApis);

const url = new URL('../../../docs/security.md', import.meta.url);
const marks = /(<!-- roles: [^>]* -->\n)[\s\S]*?(\n<!-- end of roles -->)/;
const page = { html: '<p>', script: ';', elements: ';', style: '' };

async function described(): Promise<DescribedApi> {
  return (await get(buildApi({ page }), '/api/v1/openapi.json')).json<DescribedApi>();
}

function routesOf({ paths }: DescribedApi): readonly { readonly method: string; readonly path: string; readonly role: string }[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, route]) => ({ method: method.toUpperCase(), path, role: route['x-fixpoint-role'] ?? 'anyone' })),
  );
}

it('docs/security.md says of every route which role it needs (UPDATE_DOCS=1 rewrites it)', async () => {
  const table = roleTable(await described());
  const make = (text: string) => text.replace(marks, (_, head: string, tail: string) => `${head}${table}${tail}`);
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(url, make(readFileSync(url, 'utf8')));
  const text = readFileSync(url, 'utf8');
  expect(text).toMatch(marks);
  expect(text).toBe(make(text));
});

it('every route of operators says what it is to one of some namespaces, and no other is listed', async () => {
  const operators = routesOf(await described()).filter(({ role }) => role === 'operator');
  expect(operators.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(Object.keys(limits).toSorted());
});

it('every route does need the role that the document says', async () => {
  const routes = routesOf(await described());
  const tokens = roles.map((role) => tokenOf(`${role}-token`, role));
  const api = buildApi({ page, isLoopback: false, access: { tokens } });
  expect(routes.length).toBeGreaterThan(30);
  for (const { method, path, role } of routes) {
    if (path === '/api/v1/events') continue;
    for (const as of ['nobody', ...roles]) {
      const isEnough = role === 'anyone' || roles.findIndex((one) => one === as) >= roles.findIndex((one) => one === role);
      expect([method, path, as, await isLetIn(api, { method, path, as })]).toEqual([method, path, as, isEnough]);
    }
  }
});

/** Whatever it is answered then: what is asked for is not there, or the body is no good. */
async function isLetIn(api: Api, { method, path, as }: { method: string; path: string; as: string }): Promise<boolean> {
  const { statusCode } = await api.server.inject({
    method: method as 'GET',
    url: path.replaceAll(/\{\w+\}/g, 'x'),
    headers: { host: 'x', ...(as === 'nobody' ? {} : { authorization: `Bearer ${as}-token` }) },
    ...(method === 'GET' ? {} : { payload: '' }),
  });
  return statusCode !== 401 && statusCode !== 403;
}
