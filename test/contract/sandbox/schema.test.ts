import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import schema from '../../../src/sandbox/kubernetes/schema.json' with { type: 'json' };
import { deriveSchema } from './derive-schema.ts';
import type { OpenApi } from './derive-schema.ts';

it('ships exactly what derives from the recorded OpenAPI definitions (UPDATE_SCHEMA=1 rewrites it)', () => {
  const openApi = JSON.parse(readFileSync(new URL('../../fixtures/kubernetes/openapi-v2.json', import.meta.url), 'utf8')) as OpenApi;
  if (process.env['UPDATE_SCHEMA'] === '1') {
    const url = new URL('../../../src/sandbox/kubernetes/schema.json', import.meta.url);
    writeFileSync(url, `${JSON.stringify(deriveSchema(openApi), null, 2)}\n`);
  }
  expect(schema).toEqual(deriveSchema(openApi));
});
