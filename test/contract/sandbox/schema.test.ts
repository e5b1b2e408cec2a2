import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { deriveSchema } from './derive-schema.ts';
import type { OpenApi } from './derive-schema.ts';

it('ships exactly what derives from the recorded OpenAPI definitions', async () => {
  const openApi = JSON.parse(readFileSync(new URL('../../fixtures/kubernetes/openapi-v2.json', import.meta.url), 'utf8')) as OpenApi;
  await expect(deriveSchema(openApi)).toMatchFileSnapshot('../../../src/sandbox/kubernetes/schema.json');
});
