import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigFile } from '../../../src/config/schema.ts';
import { Rule } from '../../../src/rule/rule-file.ts';
import { configurationRows } from '../../support/docs/configuration-docs.ts';
import { actions } from '../../../src/actions/catalogue.ts';
import { checks } from '../../../src/checks/catalogue.ts';
import { guards } from '../../../src/guards/catalogue.ts';
import { actionExamples, checkExamples, guardExamples } from '../../support/docs/examples.ts';
import { actionDocs, checkDocs, guardDocs } from '../../support/docs/family-docs.ts';

describe.each([
  ['actions.md', actionDocs, [...actions.keys()]],
  ['checks.md', checkDocs, [...checks.keys()]],
  ['guards.md', guardDocs, guards.map(({ name }) => name)],
] as const)('docs/%s', (file, make, names) => {
  const url = new URL(`../../../docs/${file}`, import.meta.url);

  it('says what the code says (UPDATE_DOCS=1 rewrites it)', () => {
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(url, make());
    expect(existsSync(url) ? readFileSync(url, 'utf8') : '').toBe(make());
  });

  it('has every member, in order', () => {
    const titles = Array.from(make().matchAll(/^## `(.*)`$/gm), ([, name]) => name);
    expect(titles).toEqual(names);
  });
});

describe('the examples', () => {
  it.each([...actions.values()].map(({ name, params }) => [name, params] as const))('the one of %s is accepted', (name, params) => {
    expect(params.safeParse(actionExamples[name]).error).toBeUndefined();
  });

  it.each([...checks.values()].map(({ name, params }) => [name, params] as const))('the one of %s is accepted', (name, params) => {
    expect(params.safeParse(checkExamples[name]).error).toBeUndefined();
  });

  it.each(Object.entries(guardExamples))('the one of the guard %s is accepted', (_name, example) => {
    const isOfRule = 'guards' in example || 'mode' in example;
    const schema = isOfRule ? Rule.pick({ mode: true, continue: true, guards: true }) : ConfigFile;
    expect(schema.safeParse(example).error).toBeUndefined();
  });

  it('name keys that there are', () => {
    const keys = new Set(configurationRows().map(({ key }) => key));
    const named = guards.flatMap(({ fallback, limit }) =>
      Array.from(`${fallback} ${limit}`.matchAll(/`((?:defaults|limits)\.[a-zA-Z.]+)`/g)),
    );
    expect(named.map(([, key]) => key).filter((key) => !keys.has(key ?? ''))).toEqual([]);
    expect(named.length).toBeGreaterThan(10);
  });

  it('are of members that there are', () => {
    expect(Object.keys(actionExamples).toSorted()).toEqual([...actions.keys()].toSorted());
    expect(Object.keys(checkExamples).toSorted()).toEqual([...checks.keys()].toSorted());
    const names = new Set(guards.map(({ name }) => name));
    expect(Object.keys(guardExamples).filter((name) => !names.has(name))).toEqual([]);
    // Nothing can be written about it.
    expect([...names].filter((name) => !(name in guardExamples))).toEqual(['targetLock']);
  });

  it('every parameter says what it means', () => {
    const silent = `${actionDocs()}${checkDocs()}`.split('\n').filter((line) => /^\| `.*\|\s*\|$/.test(line));
    expect(silent).toEqual([]);
  });
});
