import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { referenceHeading, testingReference } from '../../support/docs/testing-docs.ts';

const url = new URL('../../../docs/testing-rules.md', import.meta.url);

describe('docs/testing-rules.md', () => {
  it('says what the code says (UPDATE_DOCS=1 rewrites it)', () => {
    const text = readFileSync(url, 'utf8');
    const own = text.slice(0, text.indexOf(`${referenceHeading}\n`));
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(url, own + testingReference());
    expect(readFileSync(url, 'utf8')).toBe(own + testingReference());
  });
});
