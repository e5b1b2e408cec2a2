import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { optionSpecs, otherVariables } from '../../../src/config/options.ts';
import { errorCatalogue } from '../../../src/errors.ts';
import { configurationDocs, configurationRows } from '../../support/docs/configuration-docs.ts';
import { errorDocs } from '../../support/docs/error-docs.ts';
import { sourceFiles } from '../architecture/source-files.ts';

describe.each([
  ['configuration.md', configurationDocs],
  ['errors.md', errorDocs],
] as const)('docs/%s', (file, make) => {
  const url = new URL(`../../../docs/${file}`, import.meta.url);

  it('says what the code says (UPDATE_DOCS=1 rewrites it)', () => {
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(url, make());
    expect(existsSync(url) ? readFileSync(url, 'utf8') : '').toBe(make());
  });
});

describe('docs/configuration.md', () => {
  it('has every key at any depth, once', () => {
    const keys = configurationRows().map(({ key }) => key);
    expect(keys).toContain('sources.<name>.credentials[].basic.password');
    expect(keys).toContain('limits.rate.namespace');
    expect(keys).toContain('escalation[].webhook.format');
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('says of every key that stands at the top what it means', () => {
    expect(configurationRows().filter(({ key, description }) => !key.includes('.') && description === '')).toEqual([]);
  });

  it('names every flag and variable', () => {
    const text = configurationDocs();
    for (const { flag, variable } of Object.values(optionSpecs)) expect(text).toContain(`| \`${flag}\` | \`${variable}\` |`);
    for (const name of Object.keys(otherVariables)) expect(text).toContain(`| \`${name}\` |`);
  });
});

describe('the catalogue of errors', () => {
  it('has no code that nothing mentions', () => {
    const code = sourceFiles('src', '.ts')
      .filter(({ path }) => path !== 'src/errors.ts')
      .map(({ text }) => text)
      .join('\n');
    expect(Object.keys(errorCatalogue).filter((name) => !code.includes(`'${name}'`))).toEqual([]);
  });
});
