import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { routeDocs } from './served.ts';

const url = new URL('../../../docs/sandbox-routes.md', import.meta.url);

it('docs/sandbox-routes.md lists what no recording backs (UPDATE_DOCS=1 rewrites it)', async () => {
  const made = await routeDocs();
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(url, made);
  expect(existsSync(url) ? readFileSync(url, 'utf8') : '').toBe(made);
});
