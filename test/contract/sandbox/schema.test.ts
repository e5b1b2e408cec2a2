import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import schema from '../../../src/sandbox/kubernetes/schema.json' with { type: 'json' };
import { deriveSchema } from './derive-schema.ts';
import type { OpenApi } from './derive-schema.ts';

it('ships exactly what derives from the recorded OpenAPI definitions', () => {
  const openApi = JSON.parse(readFileSync(new URL('../../fixtures/kubernetes/openapi-v2.json', import.meta.url), 'utf8')) as OpenApi;
  expect(schema).toEqual(deriveSchema(openApi));
});
