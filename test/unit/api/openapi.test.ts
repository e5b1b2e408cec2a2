import { afterEach, expect, it } from 'vitest';
import { buildApi, closeApis, get } from './api-fixture.ts';

afterEach(closeApis);

type Document = { openapi: string; paths: Record<string, Record<string, { operationId: string; responses: object }>> };

const page = { html: '<p>', script: ';', elements: ';', style: '' };

async function documentOf(): Promise<{ document: Document; registered: string[] }> {
  const api = buildApi({ page });
  await api.server.ready();
  const document = (await get(api, '/api/v1/openapi.json')).json<Document>();
  return { document, registered: registeredRoutes(api.server.printRoutes({ commonPrefix: false })) };
}

/** `METHOD /path` of what the router answers to, read from its own drawing of the tree. */
function registeredRoutes(tree: string): string[] {
  const parts: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const match = /^((?:[│ ]   )*)(?:├── |└── )(\S+)(?: \(([A-Z, ]+)\))?$/u.exec(line);
    if (match === null) return [];
    const depth = (match[1] ?? '').length / 4;
    parts.splice(depth, parts.length, match[2] ?? '');
    const methods = (match[3] ?? '').split(', ').filter((method) => method !== '' && method !== 'HEAD');
    return methods.map((method) => `${method} ${parts.join('')}`);
  });
}

it('describes every registered route, and no other', async () => {
  const { document, registered } = await documentOf();
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
  );

  expect(document.openapi).toBe('3.1.0');
  expect(registered.length).toBeGreaterThan(25);
  expect(described.toSorted()).toEqual(registered.toSorted());
});

it('gives each operation a name of its own, answers, and no dangling reference', async () => {
  const { document } = await documentOf();
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference);

  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  expect(operations.every(({ responses }) => Object.keys(responses).length > 1)).toBe(true);
  expect(new Set(references)).toEqual(new Set(['#/components/schemas/Problem']));
});
